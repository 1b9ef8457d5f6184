import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A way to a server on which every answer takes so many milliseconds more: none, until it is told. */
export class SlowWay {
  readonly port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>
  milliseconds = 0

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  static async to(port: number): Promise<SlowWay> {
    const sockets = new Set<Socket>()
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      for (const socket of [near, far]) sockets.add(socket.on('error', () => {}).setNoDelay())
      near.on('data', (bytes) => far.write(bytes)).on('close', () => far.destroy())
      let before: Promise<unknown> = Promise.resolve()
      far.on('data', (bytes) => {
        before = Promise.all([before, delay(way.milliseconds, null, { ref: false })]).then(() => near.write(bytes))
      })
      far.on('close', () => near.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const way = new SlowWay(server, sockets)
    return way
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
