/** Longest header value sent: clients stop reading at 8 KiB for the whole head. */
const MAX_LENGTH = 4096

/** Anything but tab and printable ASCII; a line break in a value would end the field and begin another. */
const UNSAFE = /[^\t\x20-\x7e]/
const EACH_UNSAFE = /[^\t\x20-\x7e]/gu

/** Makes header fields such that they can be sent whatever text they were made of: what is unsafe is percent-encoded. */
export function makeSafe(headers: Record<string, string>): void {
  for (const name in headers) {
    const value = headers[name] ?? ''
    if (value.length > MAX_LENGTH || UNSAFE.test(value)) headers[name] = headerText(value)
  }
}

function headerText(text: string): string {
  return text.slice(0, MAX_LENGTH).toWellFormed().replaceAll(EACH_UNSAFE, encodeURIComponent)
}
