import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import type { JsonValue } from '../lib/json.ts'
import { parseJson } from '../lib/json.ts'
import type { JsonObject } from './json-object.ts'
import { objectOf } from './json-object.ts'
import type { Problem } from './vendor.ts'
import { invalid } from './vendor.ts'

/** Both vendors take about this much. */
const MAX_BYTES = 32 * 1024 * 1024

interface DecodeOptions {
  readonly maxOutputLength: number
}

const DECODERS = new Map<string, (bytes: Buffer, options: DecodeOptions) => Buffer>([
  ['identity', (bytes) => bytes],
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
  ['zstd', zstdDecompressSync],
])

export type Parsed = { readonly body: JsonObject } | { readonly problem: Problem }

/** The JSON object in a request body, or what is wrong with it. */
export function parseBody(bytes: Buffer, coding: string): Parsed {
  if (bytes.length > MAX_BYTES) return { problem: { status: 413, message: 'Request exceeds the maximum size' } }
  const decode = DECODERS.get(coding)
  if (decode === undefined) {
    return {
      problem: {
        ...invalid(`content-encoding '${coding}' is not supported`),
        code: 'request_body_encoding_unsupported',
      },
    }
  }
  let text: string
  try {
    text = decode(bytes, { maxOutputLength: MAX_BYTES }).toString('utf8')
  } catch {
    return { problem: { ...invalid('The request body could not be decoded'), code: 'request_body_encoding_invalid' } }
  }
  return parseObject(text)
}

function parseObject(text: string): Parsed {
  let value: JsonValue
  try {
    value = parseJson(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : ''
    return { problem: invalid(`The request body is not valid JSON: ${reason}`) }
  }
  const body = objectOf(value)
  return body === null ? { problem: invalid('The request body is not a JSON object') } : { body }
}
