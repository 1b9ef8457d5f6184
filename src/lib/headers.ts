/** HTTP header fields by lower-case name, repeated ones joined as RFC 9110 section 5.3 says. */
export type Headers = Readonly<Record<string, string | undefined>>
