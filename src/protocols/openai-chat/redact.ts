const LONGEST_MESSAGE = 1000
/** Of a longer one only so much is looked at: the time for some of the patterns grows with its square. */
const LONGEST_READ = 4 * LONGEST_MESSAGE

/** What vendors put into error messages and no client of ours may read, with what stands there instead. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\bhttps?:\/\/[^\s"'<>)\]]+/gi, '[link]'],
  [/\bBearer\s+[^\s"',]+/gi, '[key]'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[key]'],
  [/\bAIza[\w-]{8,}/g, '[key]'],
  // OpenAI repeats the key it refuses, masked only in its middle: `sk-proj-ab*****xyz`.
  [/\b(?:sk|pk|rk|gsk|csk|xai|pplx|nvapi|hf|fw|tgp|r8|ghp|gho|ghu|glpat|key)[-_][\w*-]{6,}/g, '[key]'],
  [/\barn:[\w:/.*-]+/g, '[id]'],
  [/\b(?:org|proj|project|user|acct|account|team|workspace|ws|req|chatcmpl)[-_][A-Za-z0-9]{6,}/g, '[id]'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '[id]'],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, '[address]'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '[address]'],
  [/\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{32,}\b/g, '[key]'],
  [/(?:\/(?:home|usr|opt|var|root|app|srv|tmp|workspace)\/[^\s"':,)]+)+/g, '[path]'],
]

/**
 * A vendor's message without what only the gateway's operator may know: keys, links, account ids, addresses, paths, stack
 * traces. Null for what is no message at all, such as a page of HTML.
 */
export function redactMessage(given: string): string | null {
  const message = given.slice(0, LONGEST_READ)
  if (/<(?:!doctype|html|head|body)\b/i.test(message)) return null
  const firstLines = message.split(/\n\s*(?:at |Traceback|File ")/, 1)[0] ?? ''
  let text = firstLines.replaceAll(/\s+/g, ' ').trim()
  for (const [pattern, replacement] of SECRETS) text = text.replaceAll(pattern, replacement)
  if (text === '') return null
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE).toWellFormed()}...` : text
}
