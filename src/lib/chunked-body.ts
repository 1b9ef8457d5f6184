import { behindExtensionByte, canEnd } from './chunk-extension.ts'
import type { ExtensionPlace } from './chunk-extension.ts'
import { isTokenByte } from './token-byte.ts'

/** The chunks are none, or have too much around them. */
export class ChunkedError extends Error {
  readonly kind: 'invalid' | 'too-large'

  constructor(kind: 'invalid' | 'too-large', message: string) {
    super(message)
    this.name = 'ChunkedError'
    this.kind = kind
  }
}

type State =
  | 'size'
  | 'extension'
  | 'size-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'trailer'
  | 'trailer-lf'
  | 'last-lf'
  | 'done'

const CR = 13
const LF = 10
const COLON = 58
const SEMICOLON = 59
/** Bytes of all extensions and trailer fields of a body. */
const MAX_AROUND = 16 * 1024
const MAX_CHUNK = 2 ** 48
const MAX_DIGITS = 32
/**
 * Fields that no trailer may have, as some readers act on them: https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1
 */
const EARLY_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'transfer-encoding',
  'upgrade',
])

/**
 * Undoes chunked transfer coding strictly: what two readers could read differently is an error.
 * https://www.rfc-editor.org/rfc/rfc9112#section-7.1
 */
export class ChunkedBody {
  #state: State = 'size'
  /** Bytes of the present chunk that are still to come. */
  #left = 0
  #digits = 0
  #around = 0
  #lineLength = 0
  /** Of the present line of the trailer, in lower case; whole once it is `#named`. */
  #name = ''
  #named = false
  #place: ExtensionPlace = 'name-begin'
  /** What the last `feed` found, null for nothing: a view of the bytes that were fed. */
  data: Buffer | null = null
  /** What is wrong behind that data. */
  error: ChunkedError | null = null

  /** The last chunk and the trailer have come. */
  get done(): boolean {
    return this.#state === 'done'
  }

  reset(): void {
    this.#state = 'size'
    this.#left = this.#digits = this.#around = this.#lineLength = 0
    this.#name = ''
    this.#named = false
    this.data = this.error = null
  }

  /**
   * Reads on from there; gives the index behind what belongs to the body. The pieces of data are moved together in the
   * memory that was fed, so that they go on as one.
   */
  feed(bytes: Buffer, from: number): number {
    let at = from
    let start = -1
    let filled = -1
    this.data = null
    try {
      while (at < bytes.length && this.#state !== 'done') {
        if (this.#state !== 'data') {
          at = this.#between(bytes, at)
          continue
        }
        const until = Math.min(bytes.length, at + this.#left)
        if (start === -1) start = filled = at
        if (filled !== at) bytes.copyWithin(filled, at, until)
        filled += until - at
        this.#left -= until - at
        if (this.#left === 0) this.#state = 'data-cr'
        at = until
      }
    } catch (thrown) {
      if (!(thrown instanceof ChunkedError)) throw thrown
      this.error = thrown
    }
    if (start !== -1) this.data = bytes.subarray(start, filled)
    return at
  }

  /** Takes bytes that are not data; gives the index behind them. */
  #between(bytes: Buffer, at: number): number {
    const byte = bytes[at] ?? 0
    switch (this.#state) {
      case 'size':
        this.#size(byte)
        return at + 1
      case 'extension':
        return this.#skipExtension(bytes, at)
      case 'size-lf':
        return this.#line(byte, at, this.#left === 0 ? 'trailer' : 'data')
      case 'data-cr':
        expect(byte, CR)
        this.#state = 'data-lf'
        return at + 1
      case 'data-lf':
        return this.#line(byte, at, 'size')
      case 'trailer':
        return this.#skipTrailer(bytes, at)
      case 'trailer-lf':
        return this.#line(byte, at, 'trailer')
      case 'last-lf':
        return this.#line(byte, at, 'done')
      case 'data':
      case 'done':
        return at
      default:
        return this.#state satisfies never
    }
  }

  #line(byte: number, at: number, next: State): number {
    expect(byte, LF)
    this.#state = next
    this.#digits = 0
    this.#lineLength = 0
    this.#name = ''
    this.#named = false
    return at + 1
  }

  #size(byte: number): void {
    const digit = hexDigit(byte)
    if (digit !== -1) {
      this.#left = (this.#digits === 0 ? 0 : this.#left * 16) + digit
      if (++this.#digits > MAX_DIGITS || this.#left > MAX_CHUNK)
        throw new ChunkedError('invalid', 'a chunk is too long')
      return
    }
    if (this.#digits === 0) throw new ChunkedError('invalid', 'a chunk has no size')
    if (byte === CR) this.#state = 'size-lf'
    else if (byte === SEMICOLON) {
      this.#state = 'extension'
      this.#place = 'name-begin'
    } else throw new ChunkedError('invalid', 'the size of a chunk is no number')
  }

  #skipExtension(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (byte === CR && canEnd(this.#place)) {
        this.#state = 'size-lf'
        return at + 1
      }
      const place = behindExtensionByte(this.#place, byte)
      if (place === null) throw new ChunkedError('invalid', 'the extension of a chunk is none')
      this.#place = place
      this.#count(byte)
    }
    return bytes.length
  }

  /** Its fields mean nothing to a gateway, except those that make it doubtful, and end with an empty line. */
  #skipTrailer(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (byte === CR) {
        if (this.#lineLength > 0 && !this.#named) throw notAField()
        this.#state = this.#lineLength === 0 ? 'last-lf' : 'trailer-lf'
        return at + 1
      }
      this.#count(byte)
      this.#nameOf(byte)
      this.#lineLength++
    }
    return bytes.length
  }

  /** A line that is no field may be the head of another message to another reader. */
  #nameOf(byte: number): void {
    if (this.#named) return
    if (byte !== COLON || this.#lineLength === 0) {
      if (!isTokenByte(byte)) throw notAField()
      this.#name += String.fromCharCode(byte).toLowerCase()
      return
    }
    this.#named = true
    if (EARLY_FIELDS.has(this.#name)) throw new ChunkedError('invalid', `${this.#name} comes behind the body`)
  }

  #count(byte: number): void {
    if ((byte < 32 && byte !== 9) || byte === 127) {
      throw new ChunkedError('invalid', 'a control character stands around a chunk')
    }
    if (++this.#around > MAX_AROUND) throw new ChunkedError('too-large', 'too much stands around the chunks')
  }
}

function expect(byte: number, expected: number): void {
  if (byte !== expected) throw new ChunkedError('invalid', 'a chunk does not end where it should')
}

function notAField(): ChunkedError {
  return new ChunkedError('invalid', 'a line of the trailer is no field')
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
