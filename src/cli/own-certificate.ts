import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { Config } from '../config/config.ts'

/** The certificate of a gateway that this user runs, as its config had it when it started. */
export interface OwnCertificate {
  /** PEM. */
  readonly pem: string
  /** Absolute; null: it came as a text. What is in it by now may be in use already. */
  readonly file: string | null
  /** Clients have to show one too, and the command line has none. */
  readonly guarded: boolean
}

export function ownCertificate({ tls }: Pick<Config['server'], 'tls'>): OwnCertificate | null {
  if (tls === null) return null
  return { pem: tls.cert, file: tls.certFile, guarded: tls.clientCertificates === 'require' }
}

/**
 * SHA-256 fingerprints of which the gateway's must be one, whoever signed it and whatever name it is for: the command line
 * asks by a loopback address, and then a key that only this user's gateway has is worth more than a name.
 */
export async function fingerprintsOf({ pem, file }: Pick<OwnCertificate, 'pem' | 'file'>): Promise<readonly string[]> {
  const now = file === null ? null : await readFile(file, 'utf8').catch(() => null)
  return [pem, now].flatMap((text) => readCertificate(text)?.fingerprint256 ?? [])
}

/** Nobody else vouches for it: programs have to be told to trust it. */
export function isSelfSigned({ pem }: OwnCertificate): boolean {
  const certificate = readCertificate(pem)
  return certificate !== null && certificate.checkIssued(certificate)
}

/** The address under another name of this machine, where the certificate is for that one only. */
export function namedUrl(url: string, { pem }: OwnCertificate): string {
  const certificate = readCertificate(pem)
  const parsed = URL.parse(url)
  if (certificate === null || parsed === null) return url
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  const isNamed = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)
  if (isNamed !== undefined || !LOOPBACK.has(host) || certificate.checkHost('localhost') === undefined) return url
  return url.replace(parsed.hostname, 'localhost')
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1'])

function readCertificate(text: string | null): X509Certificate | null {
  try {
    return text === null ? null : new X509Certificate(text)
  } catch {
    return null
  }
}
