/**
 * The same text, in memory of its own. What was cut out of a longer text keeps all of that: the name of a model that is
 * remembered would be the whole request. Halves of characters become `U+FFFD`.
 */
export function ownCopy(text: string): string {
  return Buffer.from(text).toString()
}
