import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { lockKey, makeCertificate, type Certificate } from '../../test/support/certificate.ts'
import { loadText, problemsOf } from '../../test/support/load-text.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { redactConfig } from './redact.ts'

let folder: string
let server: Certificate

beforeEach(() => {
  folder = temporaryFolder()
  server = makeCertificate(folder)
})

const configOf = (tls: object) => ({ server: { tls } })
const files = () => ({ cert: server.certFile, key: server.keyFile })

async function problemsWith(
  tls: object,
  environment: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const problems = await problemsOf(configOf(tls), { environment })
  return problems.map(({ severity, field, message }) => `${severity}: ${field} ${message}`)
}

describe('server.tls', () => {
  it('is none by default', async () => {
    expect((await loadText({})).config.server).toMatchObject({ tls: null, http2: true })
  })

  it('reads the files that it names', async () => {
    const { tls } = (await loadText(configOf({ ...files(), minVersion: '1.3' }))).config.server
    expect(tls).toMatchObject({ cert: server.cert, key: server.key, certFile: server.certFile, minVersion: '1.3' })
    expect(tls?.files).toEqual([server.certFile, server.keyFile])
  })

  it('takes texts from variables, also from those of one line', async () => {
    const environment = { CERT: server.cert, KEY: server.key.replaceAll('\n', String.raw`\n`) }
    const { tls } = (await loadText(configOf({ cert: '${CERT}', key: '${KEY}' }), { environment })).config.server
    expect(tls).toMatchObject({ cert: server.cert, key: server.key, certFile: null, files: [] })
  })

  it('opens a key with its passphrase', async () => {
    const key = lockKey(server, 'open sesame')
    expect(await problemsWith({ cert: server.certFile, key, passphrase: 'open sesame' })).toEqual([])
    expect(await problemsWith({ cert: server.certFile, key })).toEqual(['error: server.tls.key is encrypted'])
    expect(await problemsWith({ cert: server.certFile, key, passphrase: 'no' })).toEqual([
      'error: server.tls.passphrase does not open the key',
    ])
  })

  it('says which file is missing', async () => {
    expect(await problemsWith({ ...files(), cert: join(folder, 'no.pem') })).toEqual([
      'error: server.tls.cert names a file that does not exist',
    ])
    expect(await problemsWith({ ...files(), key: folder })).toEqual([
      'error: server.tls.key names a file that cannot be read (EISDIR)',
    ])
    expect((await problemsWith({ cert: server.certFile })).join()).toContain('server.tls.key')
  })

  it('says what is in the wrong place', async () => {
    expect(await problemsWith({ cert: server.keyFile, key: server.certFile })).toEqual([
      'error: server.tls.cert is no certificate in PEM',
      'error: server.tls.key is no private key in PEM',
    ])
  })

  it('says that a key is that of another certificate', async () => {
    const other = makeCertificate(folder, { name: 'other' })
    expect(await problemsWith({ cert: server.certFile, key: other.keyFile })).toEqual([
      'error: server.tls.key is not the key of the certificate in "server.tls.cert"',
    ])
  })

  it('warns of a certificate that has expired, and uses it', async () => {
    const old = makeCertificate(folder, { name: 'old', days: -1 })
    const { problems, config } = await loadText(configOf({ cert: old.certFile, key: old.keyFile }))
    expect(problems.map(({ severity, message }) => `${severity}: ${message}`).join()).toMatch(
      /^warning: has expired on .* GMT: clients will refuse it$/,
    )
    expect(config.server.tls?.cert).toBe(old.cert)
  })

  it('wants to know who signs the certificates of clients', async () => {
    expect(await problemsWith({ ...files(), clientCertificates: 'require' })).toEqual([
      'error: server.tls.ca is missing: without it nobody can say whose certificates clients may show',
    ])
    writeFileSync(join(folder, 'ca.pem'), 'nothing')
    expect(await problemsWith({ ...files(), ca: join(folder, 'ca.pem') })).toEqual([
      'error: server.tls.ca is no certificate in PEM',
    ])
  })

  it('is never shown with its key', async () => {
    const key = lockKey(server, 'open sesame')
    const { config } = await loadText(configOf({ cert: server.certFile, key, passphrase: 'open sesame' }))
    const shown = JSON.stringify(redactConfig(config))
    expect(shown).not.toContain('open sesame')
    expect(shown).not.toContain('PRIVATE KEY')
    expect(readFileSync(key, 'utf8')).toContain('PRIVATE KEY')
  })
})
