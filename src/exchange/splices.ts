import type { Splice } from '../protocols/protocol.ts'

/** The bytes with the edits made; the same buffer when there are none. */
export function applySplices(body: Buffer, splices: readonly Splice[]): Buffer {
  if (splices.length === 0) return body
  const pieces: Buffer[] = []
  let at = 0
  for (const { start, end, bytes } of splices) {
    pieces.push(body.subarray(at, start), bytes)
    at = end
  }
  pieces.push(body.subarray(at))
  return Buffer.concat(pieces)
}
