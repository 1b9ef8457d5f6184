/** Longest header value sent: clients stop reading at 8 KiB for the whole head. */
const MAX_LENGTH = 4096

/** Anything but tab and printable ASCII; a line break in a value would end the field and begin another. */
const UNSAFE = /[^\t\x20-\x7e]/gu

/** Header fields that can be sent whatever text they were made of: what is unsafe is percent-encoded. */
export function safeHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const safe: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) safe[name] = headerText(value)
  return safe
}

function headerText(text: string): string {
  const short = text.length > MAX_LENGTH ? text.slice(0, MAX_LENGTH) : text
  return short.search(UNSAFE) === -1 ? short : short.toWellFormed().replaceAll(UNSAFE, encodeURIComponent)
}
