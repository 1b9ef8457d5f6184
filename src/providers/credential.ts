import type { AuthScheme, Credential } from './provider.ts'
import { ProviderSettingsError } from './settings-error.ts'

/** A key that is sent as it is. Null for vendors that take none. Throws ProviderSettingsError for what no header can carry. */
export function keyCredential(scheme: AuthScheme, key: string): Credential | null {
  if (scheme === 'none') return null
  const trimmed = usableKey(key)
  const headers = scheme === 'bearer' ? { authorization: `Bearer ${trimmed}` } : { 'x-api-key': trimmed }
  return { headers: () => headers, hint: keyHint(trimmed) }
}

/** The key without the blanks and the line end that copying brings along. */
export function usableKey(key: string): string {
  const trimmed = key.trim()
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed
  throw new ProviderSettingsError(
    'apiKey',
    'The key holds characters that cannot be in a key.',
    'Copy the key again, without quotes, blanks or line breaks inside.',
  )
}

/** The last four characters, unless the key is so short that they would give it away. */
export function keyHint(key: string): string {
  return key.length < 12 ? '' : key.slice(-4)
}
