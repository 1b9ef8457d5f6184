/** Marks that turn the direction of writing, and what has no sign of its own. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Somebody else's text with everything in it to be seen: `\u202e` stands there as it is written here. */
export function plainText(text: string): string {
  return text.replace(UNSEEN, (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`)
}
