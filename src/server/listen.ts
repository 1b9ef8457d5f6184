import { once } from 'node:events'
import type { Server } from 'node:net'
import { isIPv6 } from 'node:net'

/** A port cannot be listened on. The message says what to do. */
export class ListenError extends Error {
  /** Node's: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`. */
  readonly code: string
  readonly host: string
  readonly port: number

  constructor(code: string, host: string, port: number, cause: unknown) {
    super(explain(code, host, port), { cause })
    this.name = 'ListenError'
    this.code = code
    this.host = host
    this.port = port
  }
}

/** Starts `server` on the address and gives its URL. Throws ListenError. */
export async function listenOn(
  server: Server,
  host: string,
  port: number,
  scheme: 'http' | 'https' = 'http',
): Promise<string> {
  const address = host.startsWith('[') ? host.slice(1, -1) : host
  const listening = once(server, 'listening')
  server.listen(port, address)
  try {
    await listening
  } catch (thrown) {
    throw new ListenError(codeOf(thrown), address, port, thrown)
  }
  const bound = server.address()
  const actual = bound === null || typeof bound === 'string' ? port : bound.port
  return `${scheme}://${isIPv6(address) ? `[${address}]` : address}:${actual}`
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''
}

function explain(code: string, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is taken by another program. Stop that program, or choose another port: --port ${port + 1}`
    case 'EACCES':
      return `This user may not listen on port ${port}. Choose a port above 1023: --port 3000`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine. Check "server.host", or --host`
    default:
      return `Cannot listen on port ${port} of ${host}${code === '' ? '' : ` (${code})`}`
  }
}
