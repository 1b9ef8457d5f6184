const SIGNS = Buffer.from("!#$%&'*+-.^_`|~")

/** What names of fields are made of: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
export function isTokenByte(byte: number): boolean {
  const lower = byte | 32
  return (lower >= 97 && lower <= 122) || (byte >= 48 && byte <= 57) || SIGNS.includes(byte)
}
