/** No single value is worth more of a log than this. */
const MAX_LENGTH = 8192

const HIDDEN = '[redacted]'

/**
 * Terminal escapes, line breaks and marks that turn text around: text from clients and vendors could otherwise forge
 * lines of the log, or move the cursor of whoever reads it.
 */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Secrets as they stand in messages, URLs and header dumps. Groups stay. */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/((?:set-)?cookie["']?\s*[:=]\s*["']?)[^"'\r\n]+/gi, `$1${HIDDEN}`],
  [
    /((?:authorization|x-api-key|x-goog-api-key|api[-_]?key)["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"',;&]+/gi,
    `$1${HIDDEN}`,
  ],
  [/\b((?:bearer|basic)\s+)[\w.~+/=-]{6,}/gi, `$1${HIDDEN}`],
  [/([?&](?:key|api[-_]?key|access_token|token|sig|signature|secret)=)[^&\s"'#]+/gi, `$1${HIDDEN}`],
  [/(:\/\/)[^\s/@:]+:[^\s/@]+@/g, `$1${HIDDEN}@`],
  [/\b(?:sk|pk|rk|gsk|xai|hf|r8|nvapi|csk|pplx|fw|glpat|gh[opsu]|github_pat)[-_][\w-]{6,}/g, HIDDEN],
  // Nothing else looks like our keys: folders and files are called `ucr-...`.
  [/\bucr_[0-9A-Za-z]{8,}/g, HIDDEN],
  [/\bAIza[\w-]{10,}/g, HIDDEN],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, HIDDEN],
]

/** Names of fields that are secrets whatever they hold. */
const SECRET_NAME =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-goog-api-key|api[-_]?key|password|secret|credential|access_?token|token)$/i

/** Text as it may stand in a log: no secrets that have a known form, nothing that a terminal would obey, not too long. */
export function logText(text: string): string {
  let clean = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text
  for (const [pattern, replacement] of SECRETS) clean = clean.replaceAll(pattern, replacement)
  return clean.replaceAll(CONTROL, escaped)
}

/** The value of a field. */
export function logValue<T>(name: string, value: T): T | string {
  if (SECRET_NAME.test(name)) return HIDDEN
  return typeof value === 'string' ? logText(value) : value
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
