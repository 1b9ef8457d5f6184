import type { SecureContextOptions } from 'node:tls'
import type { TlsSettings } from '../settings.ts'

/** What OpenSSL is told. */
export function contextOptions({ cert, key, passphrase, ca, minVersion }: TlsSettings): SecureContextOptions {
  return {
    cert,
    key,
    ...(passphrase === null ? {} : { passphrase }),
    ...(ca === null ? {} : { ca }),
    minVersion: `TLSv${minVersion}`,
  }
}
