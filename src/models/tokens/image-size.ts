export interface PixelSize {
  readonly width: number
  readonly height: number
}

/** Enough of a file for its size to be in it, with the previews and colour tables that JPEG puts first. */
const HEAD_BYTES = 96 * 1024

/** The size that a PNG, JPEG, GIF or WebP says it has, from its beginning in base64. Null when it says none. */
export function imageSize(base64: string): PixelSize | null {
  const head = Buffer.from(base64.slice(0, Math.ceil(HEAD_BYTES / 3) * 4), 'base64')
  const size = pngSize(head) ?? gifSize(head) ?? webpSize(head) ?? jpegSize(head)
  return size !== null && size.width > 0 && size.height > 0 ? size : null
}

function pngSize(head: Buffer): PixelSize | null {
  if (head.length < 24 || head.toString('latin1', 1, 4) !== 'PNG') return null
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
}

function gifSize(head: Buffer): PixelSize | null {
  if (head.length < 10 || head.toString('latin1', 0, 4) !== 'GIF8') return null
  return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) }
}

/** https://developers.google.com/speed/webp/docs/riff_container */
function webpSize(head: Buffer): PixelSize | null {
  if (head.length < 30 || head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WEBP')
    return null
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff }
    case 'VP8L': {
      const bits = head.readUInt32LE(21)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 }
    default:
      return null
  }
}

/** Start-of-frame segments carry the size; these three look like one and are something else (Huffman table, and such). */
const NO_FRAMES = new Set([0xc4, 0xc8, 0xcc])

function jpegSize(head: Buffer): PixelSize | null {
  if (head.length < 4 || head.readUInt16BE(0) !== 0xffd8) return null
  let at = 2
  while (at + 9 <= head.length && head[at] === 0xff) {
    const marker = head[at + 1] ?? 0
    // Markers may be filled up with any number of 0xff.
    if (marker === 0xff) {
      at += 1
      continue
    }
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.has(marker)) {
      return { width: head.readUInt16BE(at + 7), height: head.readUInt16BE(at + 5) }
    }
    at += 2 + head.readUInt16BE(at + 2)
  }
  return null
}
