import type { ClientReply } from '../exchange/client.ts'
import type { GatewayError } from '../lib/error.ts'
import { isCompressible } from './compression.ts'
import type { Compression, Encoding } from './compression.ts'

interface HeldHead {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Compresses an answer that is sent whole. Its head waits for the body, since only then its length is known; streams go
 * straight through.
 */
export class CompressedReply implements ClientReply {
  readonly #reply: ClientReply
  readonly #compression: Compression
  readonly #encoding: Encoding
  readonly #threshold: number
  #held: HeldHead | null = null
  /** The body is with the compressor. */
  #compressing = false

  constructor(reply: ClientReply, compression: Compression, encoding: Encoding, threshold: number) {
    this.#reply = reply
    this.#compression = compression
    this.#encoding = encoding
    this.#threshold = threshold
  }

  get committed(): boolean {
    return this.#held !== null || this.#compressing || this.#reply.committed
  }

  get closed(): boolean {
    return this.#compressing || this.#reply.closed
  }

  get cutBy(): GatewayError | null {
    return this.#reply.cutBy
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.committed) return
    if (isCompressible(status, headers, this.#threshold)) this.#held = { status, headers }
    else this.#reply.head(status, headers)
  }

  write(chunk: Buffer | string): boolean {
    this.#release()
    return this.#reply.write(chunk)
  }

  end(chunk?: Buffer | string): void {
    if (this.closed) return
    const held = this.#held
    if (held === null || chunk === undefined) {
      this.#release()
      this.#reply.end(chunk)
      return
    }
    this.#held = null
    this.#compressing = true
    void this.#compress(held, typeof chunk === 'string' ? chunk : Buffer.from(chunk))
  }

  destroy(): void {
    this.#reply.destroy()
  }

  onDrain(callback: () => void): void {
    this.#reply.onDrain(callback)
  }

  onAbort(callback: () => void): void {
    this.#reply.onAbort(callback)
  }

  #release(): void {
    if (this.#held === null) return
    const { status, headers } = this.#held
    this.#held = null
    this.#reply.head(status, headers)
  }

  async #compress({ status, headers }: HeldHead, body: Buffer | string): Promise<void> {
    const vary = {
      ...headers,
      vary: headers['vary'] === undefined ? 'accept-encoding' : `${headers['vary']}, accept-encoding`,
    }
    const small = await this.#compression.compress(body, this.#encoding).catch(() => null)
    if (this.#reply.closed) return
    if (small === null) {
      this.#reply.head(status, vary)
      this.#reply.end(body)
      return
    }
    this.#reply.head(status, { ...vary, 'content-encoding': this.#encoding, 'content-length': String(small.length) })
    this.#reply.end(small)
  }
}
