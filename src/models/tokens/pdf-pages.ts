/** Pages of a PDF in base64. Where its page tree is compressed they are guessed by the size of the file. */
export function pdfPages(base64: string): number {
  const text = Buffer.from(base64, 'base64').toString('latin1')
  const pages = text.match(/\/Type\s*\/Page(?![a-zA-Z])/g)?.length ?? 0
  if (pages > 0) return pages
  const counts = [...text.matchAll(/\/Count\s+(\d{1,5})/g)].map(([, count]) => Number(count))
  return counts.length > 0 ? Math.max(1, ...counts) : Math.max(1, Math.ceil(text.length / BYTES_PER_PAGE))
}

/** Of text and small pictures, compressed. */
const BYTES_PER_PAGE = 60_000
