import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { TlsConfig } from './config.ts'
import type { Path } from './document.ts'
import { errorCode } from './locate.ts'
import type { Resolution } from './resolution.ts'
import type { ConfigInput } from './schema.ts'

type TlsInput = NonNullable<ConfigInput['server']['tls']>

const PATH: Path = ['server', 'tls']

/** Reads what `server.tls` names, and checks that it fits together. */
export function resolveTls(input: TlsInput | undefined, resolution: Resolution): TlsConfig | null {
  if (input === undefined) return null
  const cert = readPem(input, 'cert', resolution)
  const key = readPem(input, 'key', resolution)
  const ca = input.ca === undefined ? null : readPem(input, 'ca', resolution)
  if (ca !== null && ca.text !== '') readCertificate(ca.text, 'ca', resolution)
  if (ca === null && input.clientCertificates !== 'none') {
    const message = 'is missing: without it nobody can say whose certificates clients may show'
    resolution.error([...PATH, 'ca'], message, 'name the file of the certificate that signs those of the clients')
  }
  const certificate = cert.text === '' ? null : readCertificate(cert.text, 'cert', resolution)
  const privateKey = key.text === '' ? null : readKey(key.text, input.passphrase, resolution)
  if (certificate !== null) checkDates(certificate, resolution)
  if (certificate !== null && privateKey !== null && !certificate.checkPrivateKey(privateKey)) {
    const fix = 'name the key that the certificate was made for; both may have been replaced one after the other'
    resolution.error([...PATH, 'key'], 'is not the key of the certificate in "server.tls.cert"', fix)
  }
  return {
    cert: cert.text,
    certFile: cert.file,
    key: key.text,
    passphrase: input.passphrase ?? null,
    ca: ca?.text ?? null,
    clientCertificates: input.clientCertificates,
    minVersion: input.minVersion,
    files: [cert.file, key.file, ca?.file ?? null].filter((file) => file !== null),
  }
}

interface Pem {
  /** Empty where it cannot be read, which has been said. */
  readonly text: string
  /** Absolute; null: the text stood in the config. */
  readonly file: string | null
}

function readPem(input: TlsInput, name: 'cert' | 'key' | 'ca', resolution: Resolution): Pem {
  const given = input[name] ?? ''
  // Some programs can only set variables of one line.
  if (given.includes('-----BEGIN ')) return { text: given.replaceAll(String.raw`\n`, '\n'), file: null }
  const file = resolve(resolution.folder, given)
  try {
    return { text: readFileSync(file, 'utf8'), file }
  } catch (error) {
    const code = errorCode(error)
    const message =
      code === 'ENOENT' ? 'names a file that does not exist' : `names a file that cannot be read (${code})`
    const fix = code === 'EACCES' ? 'make it readable for the user who runs the gateway' : 'correct the path'
    resolution.error([...PATH, name], message, fix)
    return { text: '', file }
  }
}

function readCertificate(text: string, name: 'cert' | 'ca', resolution: Resolution): X509Certificate | null {
  try {
    return new X509Certificate(text)
  } catch {
    const fix = text.includes('PRIVATE KEY-----') ? 'name the certificate here and its key in "key"' : null
    resolution.error([...PATH, name], 'is no certificate in PEM', fix ?? 'it begins with -----BEGIN CERTIFICATE-----')
    return null
  }
}

function readKey(text: string, passphrase: string | undefined, resolution: Resolution): KeyObject | null {
  try {
    return createPrivateKey(passphrase === undefined ? { key: text } : { key: text, passphrase })
  } catch {
    const isLocked = /-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text)
    if (!isLocked) {
      resolution.error([...PATH, 'key'], 'is no private key in PEM', 'it begins with -----BEGIN PRIVATE KEY-----')
    } else if (passphrase === undefined) {
      resolution.error([...PATH, 'key'], 'is encrypted', 'put its passphrase into "server.tls.passphrase"')
    } else {
      resolution.error([...PATH, 'passphrase'], 'does not open the key', 'correct it')
    }
    return null
  }
}

/** Clients refuse it, but whoever is about to replace it needs a gateway that runs. */
function checkDates(certificate: X509Certificate, resolution: Resolution): void {
  const now = Date.now()
  if (certificate.validToDate.getTime() < now) {
    const message = `has expired on ${certificate.validTo}: clients will refuse it`
    resolution.warning([...PATH, 'cert'], message, 'renew it; the new file is taken without a restart')
  } else if (certificate.validFromDate.getTime() > now) {
    const message = `is not valid before ${certificate.validFrom}: clients will refuse it`
    resolution.warning([...PATH, 'cert'], message, 'check the clock, or wait')
  }
}
