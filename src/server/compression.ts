import { promisify } from 'node:util'
import { brotliCompress, constants, deflate, gzip, zstdCompress } from 'node:zlib'
import type { BrotliOptions } from 'node:zlib'
import type { Headers } from '../lib/headers.ts'

/** Whose answers are compressed, if they ask for it: `remote` leaves out clients on this machine, to whom bytes cost nothing. */
export type CompressedClients = 'remote' | 'all' | 'none'

export interface CompressionSettings {
  readonly clients: CompressedClients
  /** Bytes from which on a body is worth it. */
  readonly threshold: number
}

export interface CompressionStats {
  readonly responses: number
  /** Bytes before and after. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly savedBytes: number
}

export type Encoding = 'zstd' | 'br' | 'gzip' | 'deflate'

/** Fast first: an answer is compressed once for one client, not once for many. */
const PREFERRED: readonly Encoding[] = ['zstd', 'br', 'gzip', 'deflate']

const brotliQuality: BrotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }

/** On threads of their own: a page of a megabyte must not hold up everybody's streams. */
const COMPRESS: Readonly<Record<Encoding, (body: Buffer | string) => Promise<Buffer>>> = {
  zstd: promisify(zstdCompress),
  br: (body) => promisify(brotliCompress)(body, brotliQuality),
  gzip: promisify(gzip),
  deflate: promisify(deflate),
}

/** Compresses answers and counts what it saved. */
export class Compression {
  #responses = 0
  #bytesIn = 0
  #bytesOut = 0

  /** Null where the smaller form is none. */
  async compress(body: Buffer | string, encoding: Encoding): Promise<Buffer | null> {
    const small = await COMPRESS[encoding](body)
    const length = Buffer.byteLength(body)
    if (small.length >= length) return null
    this.#responses++
    this.#bytesIn += length
    this.#bytesOut += small.length
    return small
  }

  stats(): CompressionStats {
    return {
      responses: this.#responses,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      savedBytes: this.#bytesIn - this.#bytesOut,
    }
  }
}

/**
 * The encoding that a client likes best of those that we have; null: none.
 * https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
 */
export function encodingFor(acceptEncoding: string | undefined): Encoding | null {
  if (acceptEncoding === undefined || acceptEncoding === '' || acceptEncoding === 'identity') return null
  const weights = weightsOf(acceptEncoding)
  let best: Encoding | null = null
  let highest = 0
  for (const encoding of PREFERRED) {
    const weight = weights.get(encoding) ?? weights.get('*') ?? 0
    if (weight <= highest) continue
    best = encoding
    highest = weight
  }
  return highest < (weights.get('identity') ?? 0) ? null : best
}

function weightsOf(field: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const member of field.toLowerCase().split(',')) {
    const [name = '', ...parameters] = member.split(';')
    const quality = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('q='))
    const weight = quality === undefined ? 1 : Number(quality.slice(2))
    if (weight >= 0 && weight <= 1) weights.set(name.trim().replace(/^x-/, ''), weight)
  }
  return weights
}

/** JSON and pages. Events would clump together in a compressor, and what is compressed already does not get smaller. */
export function isCompressible(status: number, headers: Headers, threshold: number): boolean {
  if (status === 204 || headers['content-encoding'] !== undefined) return false
  if (Number(headers['content-length'] ?? 0) < threshold) return false
  const type = headers['content-type'] ?? ''
  return /^(?:application\/(?:json|javascript|[\w.-]+\+json)|image\/svg|text\/(?!event-stream))/i.test(type)
}
