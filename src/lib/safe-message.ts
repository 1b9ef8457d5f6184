const MAX_LENGTH = 2000

/** What vendors put into messages and no client may read. The first group of a row, where it has one, stays. */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)\]]+/gi, '[link]'],
  [/\barn:[\w-]+:[^\s"',)]+/g, '[resource]'],
  [/\borg[-_][A-Za-z0-9]{8,}/g, '[account]'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 [secret]'],
  [/\b(?:sk|pk|rk|gsk|xai|hf|r8|nvapi|csk|pplx|fw|ghp|gho|ghu|ghs|glpat)[-_][\w*.-]{4,}/g, '[secret]'],
  [/\bAIza[\w-]{10,}/g, '[secret]'],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, '[secret]'],
  [/(?:\/[\w.@-]+)+\.(?:[cm]?[jt]s|py|go|rs|java|rb|php)(?::\d+)*/g, '[file]'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '[address]'],
]

/**
 * A vendor's error message as clients may see it: without links, keys, tokens, account resources, addresses, file paths
 * and stack traces, at most 2000 characters. Null when nothing readable is there (an HTML page, an empty text).
 */
export function safeMessage(text: string): string | null {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.startsWith('<')) return null
  // Linear in the message's length only if that is bounded first.
  let safe = (trimmed.slice(0, 2 * MAX_LENGTH).split(/\n\s+at /)[0] ?? '').trim()
  for (const [pattern, replacement] of SECRETS) safe = safe.replaceAll(pattern, replacement)
  return safe.length > MAX_LENGTH ? `${safe.slice(0, MAX_LENGTH).toWellFormed()}...` : safe
}
