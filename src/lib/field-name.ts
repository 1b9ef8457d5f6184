/** Names of header fields that clients and vendors send nearly always, in lower case. */
const USUAL = [
  'accept anthropic-beta anthropic-dangerous-direct-browser-access anthropic-organization-id anthropic-version',
  'authorization cache-control cf-cache-status cf-ray connection content-encoding content-length content-type cookie',
  'date forwarded host keep-alive openai-organization openai-processing-ms openai-version origin referer request-id',
  'retry-after server session_id set-cookie strict-transport-security te traceparent transfer-encoding user-agent vary',
  'via x-api-key x-app x-claude-code-session-id x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip',
  'x-request-id x-robots-tag x-stainless-arch x-stainless-helper-method x-stainless-lang x-stainless-os',
  'x-stainless-package-version x-stainless-retry-count x-stainless-runtime x-stainless-runtime-version',
  'x-stainless-timeout accept-encoding accept-language sec-fetch-mode',
].flatMap((line) => line.split(' '))

/** By how they are spelled: in lower case, and with capitals. */
const NAMES: ReadonlyMap<string, string> = new Map(
  USUAL.flatMap((name) => [
    [name, name],
    [name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()), name],
  ]),
)

/**
 * The name of a header field in lower case. Of the usual ones always the same text: one that was cut out of a head has to
 * be looked for among all texts of the program each time that an object is asked for the field of this name.
 */
export function lowerName(name: string): string {
  return NAMES.get(name) ?? name.toLowerCase()
}
