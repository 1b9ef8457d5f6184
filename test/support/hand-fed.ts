import type { ClientReply } from '../../src/exchange/client.ts'
import type { Answer } from './small-gateway.ts'

/** A stream that the test feeds by hand. */
export class HandFed {
  readonly replied: Promise<ClientReply>
  readonly aborted: Promise<void>
  #replied: (reply: ClientReply) => void = () => {}
  #aborted: () => void = () => {}
  /** Set after `replied`. */
  aborts = 0

  constructor() {
    this.replied = new Promise((resolve) => (this.#replied = resolve))
    this.aborted = new Promise((resolve) => (this.#aborted = resolve))
  }

  readonly answer: Answer = (_request, reply) =>
    new Promise((resolve) => {
      reply.onAbort(() => {
        this.aborts++
        this.#aborted()
        resolve()
      })
      const end = reply.end.bind(reply)
      reply.end = (bytes) => {
        if (bytes === undefined) end()
        else end(bytes)
        resolve()
      }
      this.#replied(reply)
    })
}
