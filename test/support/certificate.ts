import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsSettings } from '../../src/server/settings.ts'

export interface Certificate {
  /** Files in PEM. */
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
  readonly key: string
}

export interface CertificateOptions {
  /** Of the files, and of whom it is for. */
  readonly name?: string
  /** As openssl writes them; empty for none. */
  readonly names?: string
  /** Who signs it; itself when left out. */
  readonly signer?: Certificate
  /** From today on; -1: it has expired. */
  readonly days?: number
}

/** A certificate and its key, made by openssl in a folder. What stood there is replaced. */
export function makeCertificate(folder: string, options: CertificateOptions = {}): Certificate {
  const { name = 'server', names = 'DNS:localhost,IP:127.0.0.1', signer, days = 1 } = options
  const certFile = join(folder, `${name}.pem`)
  const keyFile = join(folder, `${name}-key.pem`)
  const requestFile = join(folder, `${name}.csr`)
  const extensions = join(folder, `${name}.extensions`)
  const signing = signer === undefined ? ['-signkey', keyFile] : ['-CA', signer.certFile, '-CAkey', signer.keyFile]
  writeFileSync(extensions, names === '' ? 'basicConstraints=critical,CA:TRUE\n' : `subjectAltName=${names}\n`)
  openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', keyFile)
  openssl('req', '-new', '-key', keyFile, '-out', requestFile, '-subj', `/CN=${name}`)
  const request = ['-req', '-in', requestFile, '-out', certFile, '-extfile', extensions, '-days', String(days)]
  openssl('x509', ...request, ...signing)
  return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}

/** The file of the same key, which only this passphrase opens. */
export function lockKey({ keyFile }: Certificate, passphrase: string): string {
  const locked = `${keyFile}.locked`
  openssl('pkcs8', '-topk8', '-in', keyFile, '-v2', 'aes-256-cbc', '-passout', `pass:${passphrase}`, '-out', locked)
  return locked
}

/** One for this machine, of which no file is left. */
export function machineCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'ucr-certificate-'))
  try {
    return makeCertificate(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function tlsOf({ cert, key }: Certificate): TlsSettings {
  return { cert, key, passphrase: null, ca: null, clientCertificates: 'none', minVersion: '1.2' }
}

function openssl(...words: readonly string[]): void {
  execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] })
}
