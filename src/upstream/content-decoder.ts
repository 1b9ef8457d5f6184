import type { Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'

export interface ContentDecoderEvents {
  data(chunk: Buffer): void
  end(): void
  /** Broken or cut data. Nothing follows. */
  invalid(detail: string): void
  /** More decoded bytes than `maxBytes`. Nothing follows. */
  tooLarge(): void
  /** Enough was written for now: the source should wait for `ready`. */
  full(): void
  ready(): void
}

type Inflater = (firstByte: number) => Transform

/** `deflate` means zlib data, but some servers send the bare form: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2 */
const inflate: Inflater = (firstByte) => {
  const flush = constants.Z_SYNC_FLUSH
  return (firstByte & 0x0f) === 8 ? createInflate({ flush }) : createInflateRaw({ flush })
}
const gunzip: Inflater = () => createGunzip({ flush: constants.Z_SYNC_FLUSH })

/** Each gives out whatever can be decoded of a chunk before the next one arrives, so that events are not held back. */
const INFLATERS: ReadonlyMap<string, Inflater> = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['br', () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH })],
  ['zstd', () => createZstdDecompress({ flush: constants.ZSTD_e_flush })],
])

/** Undoes the content-encoding of an answer while it arrives. */
export class ContentDecoder {
  readonly #inflater: Inflater
  readonly #maxBytes: number
  readonly #events: ContentDecoderEvents
  #transform: Transform | null = null
  #bytes = 0
  #paused = false
  #full = false

  private constructor(inflater: Inflater, maxBytes: number, events: ContentDecoderEvents) {
    this.#inflater = inflater
    this.#maxBytes = maxBytes
    this.#events = events
  }

  /** A decoder for a `content-encoding` field; null where its value is not one encoding that is known here. */
  static for(encoding: string, maxBytes: number, events: ContentDecoderEvents): ContentDecoder | null {
    const inflater = INFLATERS.get(encoding.trim().toLowerCase())
    return inflater === undefined ? null : new ContentDecoder(inflater, maxBytes, events)
  }

  write(chunk: Buffer): void {
    const first = chunk[0]
    if (first === undefined) return
    this.#transform ??= this.#open(this.#inflater(first))
    if (this.#transform.write(chunk) || this.#full) return
    this.#full = true
    this.#events.full()
  }

  end(): void {
    // An answer without a body may still name an encoding.
    if (this.#transform === null) this.#events.end()
    else this.#transform.end()
  }

  pause(): void {
    this.#paused = true
    this.#transform?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#transform?.resume()
  }

  /** No more events. */
  destroy(): void {
    this.#transform?.removeAllListeners('data').destroy()
  }

  #open(transform: Transform): Transform {
    transform
      .on('data', (chunk: Buffer) => this.#decoded(chunk))
      .on('end', () => this.#events.end())
      .on('error', (error) => this.#events.invalid(error.message))
      .on('drain', () => {
        this.#full = false
        this.#events.ready()
      })
    if (this.#paused) transform.pause()
    return transform
  }

  #decoded(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes <= this.#maxBytes) {
      this.#events.data(chunk)
      return
    }
    this.destroy()
    this.#events.tooLarge()
  }
}
