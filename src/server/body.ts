import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { BodyReceiver, EngineRequest } from './engine.ts'
import type { ServerSettings } from './settings.ts'

export type BodyLimits = Pick<ServerSettings, 'bodyLimit' | 'bodyTimeout' | 'bodyPace'>

const EMPTY = Buffer.alloc(0)

/**
 * A request's body, whole and decompressed; a promise only where it is not that yet. `proceed` is called when its bytes are
 * wanted (a client may have asked before sending them). Throws, and rejects with, GatewayError; what was not read then
 * stays unread.
 */
export function readBody(
  request: EngineRequest,
  headers: Headers,
  limits: BodyLimits,
  proceed: () => void,
): Buffer | Promise<Buffer> {
  const decode = decoderFor(headers['content-encoding'])
  if (Number(headers['content-length'] ?? 0) > limits.bodyLimit) throw tooLarge(limits.bodyLimit)
  proceed()
  const whole = request.take()
  if (whole !== null && whole.length > limits.bodyLimit) throw tooLarge(limits.bodyLimit)
  const decoded = (bytes: Buffer): Buffer | Promise<Buffer> =>
    decode === null || bytes.length === 0 ? bytes : decode(bytes, limits.bodyLimit)
  return whole === null ? new BodyReader(request, limits).done.then(decoded) : decoded(whole)
}

/** Collects the bytes, within the limits of size and time. */
class BodyReader implements BodyReceiver {
  readonly done: Promise<Buffer>
  readonly #request: EngineRequest
  readonly #limits: BodyLimits
  readonly #startedAt = performance.now()
  readonly #chunks: Buffer[] = []
  readonly #timer: NodeJS.Timeout
  #bytes = 0
  #bytesAtLastLook = 0
  #resolve: (body: Buffer) => void = () => {}
  #reject: (error: GatewayError) => void = () => {}
  #over = false

  constructor(request: EngineRequest, limits: BodyLimits) {
    this.#request = request
    this.#limits = limits
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#timer = setInterval(() => this.#look(), Math.min(limits.bodyPace.within, limits.bodyTimeout)).unref()
    request.receive(this)
  }

  data(chunk: Buffer): void {
    if (this.#over) return
    this.#bytes += chunk.length
    if (this.#bytes > this.#limits.bodyLimit) this.#fail(tooLarge(this.#limits.bodyLimit))
    else this.#chunks.push(chunk)
  }

  end(): void {
    if (this.#over) return
    this.#stop()
    const chunks = this.#chunks.splice(0)
    const [only] = chunks
    const inOne = chunks.length === 1 && only !== undefined ? only : null
    this.#resolve(this.#request.take() ?? inOne ?? concat(chunks, this.#bytes))
  }

  gone(): void {
    if (this.#over) return
    this.#fail(new GatewayError('client_closed', 'The client closed the connection before its request was complete.'))
  }

  #look(): void {
    const { bodyTimeout, bodyPace } = this.#limits
    if (performance.now() - this.#startedAt >= bodyTimeout) {
      this.#fail(new GatewayError('request_timeout', `The request body took longer than ${bodyTimeout} ms.`))
    } else if (this.#bytes - this.#bytesAtLastLook < bodyPace.bytes) {
      this.#fail(new GatewayError('request_timeout', 'The request body came too slowly.'))
    }
    this.#bytesAtLastLook = this.#bytes
  }

  #fail(error: GatewayError): void {
    this.#stop()
    this.#request.pause()
    this.#reject(error)
  }

  #stop(): void {
    this.#over = true
    clearInterval(this.#timer)
  }
}

function concat(chunks: readonly Buffer[], length: number): Buffer {
  return length === 0 ? EMPTY : Buffer.concat(chunks, length)
}

type Decode = (bytes: Buffer, limit: number) => Promise<Buffer>

const decoder =
  (decompress: (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>): Decode =>
  async (bytes, limit) => {
    try {
      return await decompress(bytes, { maxOutputLength: limit })
    } catch (thrown) {
      throw isTooLarge(thrown)
        ? tooLarge(limit)
        : new GatewayError('invalid_request', 'The request body is not valid compressed data.', { cause: thrown })
    }
  }

const zlibInflate = decoder(promisify(inflate))
const bareInflate = decoder(promisify(inflateRaw))

const DECODERS: ReadonlyMap<string, Decode> = new Map([
  ['gzip', decoder(promisify(gunzip))],
  ['x-gzip', decoder(promisify(gunzip))],
  ['br', decoder(promisify(brotliDecompress))],
  ['zstd', decoder(promisify(zstdDecompress))],
  // Means zlib data; some clients send the bare form.
  ['deflate', (bytes, limit) => (((bytes[0] ?? 0) & 0x0f) === 8 ? zlibInflate : bareInflate)(bytes, limit)],
])

/** Encodings that `accept-encoding` of a 415 names. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br, zstd'

/** Null where nothing is to be undone. Encodings on top of each other multiply the damage of a bomb and nobody needs them. */
function decoderFor(field: string | undefined): Decode | null {
  const encoding = (field ?? '').trim().toLowerCase()
  if (encoding === '' || encoding === 'identity') return null
  const decode = DECODERS.get(encoding)
  if (decode !== undefined) return decode
  throw new GatewayError(
    'unsupported_encoding',
    `A request body may have one content-encoding of ${ACCEPTED_ENCODINGS}.`,
  )
}

function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE'
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('body_too_large', `The request body is larger than ${limit} bytes.`)
}
