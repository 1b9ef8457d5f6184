const LF = 10
const CR = 13
const LOWER_E = 101
const DATA = Buffer.from('data:')

/**
 * Where the data begins of an event that is one `data:` line, alone or below its `event:` line; -1 where it may be
 * otherwise. What follows the data is not looked at: it may be another line.
 */
export function dataStart(bytes: Buffer): number {
  let at = 0
  while (bytes[at] === LF || bytes[at] === CR) at++
  if (bytes[at] === LOWER_E) at = bytes.indexOf(LF, at) + 1
  for (let index = 0; index < DATA.length; index++) if (bytes[at + index] !== DATA[index]) return -1
  return at + DATA.length
}

/**
 * The data of an event that is one `data:` line, alone or below its `event:` line, with nothing behind it; null for any
 * other. It holds no line end.
 */
export function dataLine(bytes: Buffer): Buffer | null {
  const start = dataStart(bytes)
  if (start === -1) return null
  const end = bytes.indexOf(LF, start)
  for (let at = end; at < bytes.length; at++) if (bytes[at] !== LF && bytes[at] !== CR) return null
  const line = bytes.subarray(start, bytes[end - 1] === CR ? end - 1 : end)
  return line.includes(CR) ? null : line
}
