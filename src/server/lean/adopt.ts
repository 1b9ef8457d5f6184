import { Socket } from 'node:net'
import type { SocketConstructorOpts } from 'node:net'

/** What a socket has read: a view of memory that is read into again when the callback returns. */
type OnRead = (bytes: Buffer) => void

/**
 * The same connection as a socket that reads into memory of ours. Sockets that are opened can be told so; those that a
 * server accepts cannot, and take 64 KiB of fresh memory for each read, which a collector then has to find again. So the
 * connection is taken over by a second socket, the way Node does it between its processes. Under TLS, and where Node no longer
 * lets us, the first one is kept and gives what it reads as usual.
 */
export function adopt(accepted: Socket, memory: Buffer, read: OnRead): Socket {
  const handle: unknown = Reflect.get(accepted, '_handle')
  if ('encrypted' in accepted || handle === null || handle === undefined || !hasUserBuffer(handle)) {
    return accepted.on('data', read).resume()
  }
  Reflect.set(accepted, '_handle', null)
  accepted.destroy()
  const options: SocketConstructorOpts = {
    allowHalfOpen: true,
    onread: {
      buffer: memory,
      callback: (length) => {
        read(memory.subarray(0, length))
        return true
      },
    },
  }
  Reflect.set(options, 'handle', handle)
  return new Socket(options)
}

function hasUserBuffer(handle: unknown): boolean {
  return typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle
}
