import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { lockKey, makeCertificate, tlsOf } from '../support/certificate.ts'
import type { Certificate } from '../support/certificate.ts'
import { startGateway } from '../support/gateway.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { install } from '../support/install.ts'
import { closeGateways, smallGateway } from '../support/small-gateway.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

afterEach(closeGateways)

const SIMULATED: ConfigFile = { providers: [{ id: 'sim', type: 'simulator' }] }

type Tls = NonNullable<NonNullable<ConfigFile['server']>['tls']>

function gatewayWith(tls: Tls, server: ConfigFile['server'] = {}): Promise<TestGateway> {
  return install({ server: { ...server, tls }, ...SIMULATED })
}

const filesOf = ({ certFile, keyFile }: Certificate): Tls => ({ cert: certFile, key: keyFile })

interface Ended {
  readonly code: number | null
  readonly text: string
}

/** Runs a program of the machine; `text` is all that it printed. */
function run(program: string, ...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(program, words, { timeout: 20_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, text: `${stdout}${stderr}` }),
    )
    child.stdin?.end()
  })
}

const curl = ({ url }: Pick<TestGateway, 'url'>, authority: Certificate, ...words: readonly string[]): Promise<Ended> =>
  run(
    'curl',
    '-sS',
    '--cacert',
    authority.certFile,
    `${url}/health/live`,
    '-w',
    '%{http_version} %{http_code}',
    ...words,
  )

const openssl = ({ url }: Pick<TestGateway, 'url'>, ...words: readonly string[]): Promise<Ended> =>
  run('openssl', 's_client', '-connect', new URL(url).host, '-brief', ...words)

/** The certificate that the gateway shows a client now. */
async function shownBy({ url }: Pick<TestGateway, 'url'>): Promise<string> {
  const socket = await connectTo(url)
  const certificate = socket.getPeerX509Certificate()?.toString() ?? ''
  socket.destroy()
  return certificate
}

async function connectTo(url: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { port } = new URL(url)
  const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false, ...options })
  onTestFinished(() => void socket.on('error', () => {}).destroy())
  await once(socket, 'secureConnect')
  return socket
}

describe('TLS', () => {
  it('serves curl over HTTP/2, over HTTP/1.1 and over HTTP/1.0, with the certificate checked', async () => {
    const server = makeCertificate(temporaryFolder())
    const gateway = await gatewayWith(filesOf(server))
    expect(gateway.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    expect((await curl(gateway, server, '--http2')).text).toContain('2 200')
    expect((await curl(gateway, server, '--http1.1')).text).toContain('1.1 200')
    expect((await curl(gateway, server, '--http1.0')).text).toMatch(/1\.[01] 200/)
    const stranger = makeCertificate(temporaryFolder())
    expect((await curl(gateway, stranger)).code).not.toBe(0)
  })

  it('lets a client without ALPN speak HTTP/1.1, and sends away one that knows neither', async () => {
    const gateway = await gatewayWith(filesOf(makeCertificate(temporaryFolder())))
    const socket = await connectTo(gateway.url)
    socket.write('GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /)
    await expect(connectTo(gateway.url, { ALPNProtocols: ['spdy/3'] })).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    })
  })

  it('is 1.2 or newer, and 1.3 where that is asked for', async () => {
    const server = makeCertificate(temporaryFolder())
    const gateway = await gatewayWith(filesOf(server))
    expect((await openssl(gateway, '-tls1_3')).text).toContain('TLSv1.3')
    expect((await openssl(gateway, '-tls1_2')).text).toContain('TLSv1.2')
    expect((await openssl(gateway, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0')).code).not.toBe(0)
    const strict = await gatewayWith({ ...filesOf(server), minVersion: '1.3' })
    expect((await openssl(strict, '-tls1_3')).text).toContain('TLSv1.3')
    expect((await openssl(strict, '-tls1_2')).code).not.toBe(0)
  })

  it('closes a connection on which nobody shakes hands', async () => {
    const gateway = await smallGateway(undefined, {
      tls: tlsOf(makeCertificate(temporaryFolder())),
      headerTimeout: 100,
    })
    const { port } = gateway
    const socket = (await import('node:net')).connect(port, '127.0.0.1')
    await once(socket, 'close')
    // Nor does one hold up the end.
    const other = (await import('node:net')).connect(port, '127.0.0.1').on('error', () => {})
    await once(other, 'connect')
    await gateway.server.close()
  })

  it('opens a key with its passphrase, and has its certificate from an authority', async () => {
    const folder = temporaryFolder()
    const authority = makeCertificate(folder, { name: 'authority', names: '' })
    const server = makeCertificate(folder, { signer: authority })
    const gateway = await gatewayWith({ cert: server.certFile, key: lockKey(server, 'a b'), passphrase: 'a b' })
    expect((await curl(gateway, authority)).text).toContain('2 200')
  })

  it('refuses to start with a key that OpenSSL finds too weak, and says so', async () => {
    const folder = temporaryFolder()
    const [cert, key] = [join(folder, 'weak.pem'), join(folder, 'weak-key.pem')]
    const made = await run(
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'rsa:512',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=weak',
      '-days',
      '1',
    )
    expect(made.code).toBe(0)
    await expect(startGateway({ server: { tls: { cert, key } }, ...SIMULATED })).rejects.toThrow(
      /server\.tls cannot be used: .*too small/,
    )
  })
})

describe('a certificate that changes', () => {
  it('is used for new connections, while old ones go on', async () => {
    const folder = temporaryFolder()
    const first = makeCertificate(folder)
    const gateway = await gatewayWith(filesOf(first))
    const old = await connectTo(gateway.url)
    expect((await shownBy(gateway)).trim()).toBe(first.cert.trim())
    const second = makeCertificate(folder)
    await gateway.gateway.reload()
    expect((await shownBy(gateway)).trim()).toBe(second.cert.trim())
    old.write('GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n')
    expect(String((await once(old, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('is noticed by itself', async () => {
    const folder = temporaryFolder()
    const gateway = await gatewayWith(filesOf(makeCertificate(folder)))
    const elsewhere = makeCertificate(temporaryFolder())
    const reloaded = gateway.logged((line) => line['msg'] === 'config reloaded')
    copyFileSync(elsewhere.keyFile, join(folder, 'server-key.pem'))
    copyFileSync(elsewhere.certFile, join(folder, 'server.pem'))
    await reloaded
    expect((await shownBy(gateway)).trim()).toBe(elsewhere.cert.trim())
  })

  it('and does not fit its key leaves the old one in use, and the log says so', async () => {
    const folder = temporaryFolder()
    const first = makeCertificate(folder)
    const gateway = await gatewayWith(filesOf(first))
    copyFileSync(makeCertificate(temporaryFolder()).certFile, first.certFile)
    await gateway.gateway.reload()
    expect((await shownBy(gateway)).trim()).toBe(first.cert.trim())
    expect(gateway.logText()).toContain('is not the key of the certificate')
    expect(gateway.logText()).toContain('the one before stays in use')
  })

  it('as well as being on or off is said where it needs a restart', async () => {
    const server = makeCertificate(temporaryFolder())
    const gateway = await gatewayWith(filesOf(server))
    await gateway.rewrite({ server: { port: 0, http2: false }, ...SIMULATED })
    expect(gateway.logText()).toMatch(/takes effect after a restart: .*server\.tls, server\.http2/)
    expect((await shownBy(gateway)).trim()).toBe(readFileSync(server.certFile, 'utf8').trim())
  })
})

describe('certificates of clients', () => {
  interface Cast {
    readonly gateway: TestGateway
    readonly server: Certificate
    readonly friend: Certificate
    readonly stranger: Certificate
  }

  async function cast(clientCertificates: 'request' | 'require'): Promise<Cast> {
    const folder = temporaryFolder()
    const authority = makeCertificate(folder, { name: 'authority', names: '' })
    const server = makeCertificate(folder)
    const friend = makeCertificate(folder, { name: 'friend', signer: authority })
    const stranger = makeCertificate(folder, { name: 'stranger' })
    const gateway = await gatewayWith({ ...filesOf(server), clientCertificates, ca: authority.certFile })
    return { gateway, server, friend, stranger }
  }

  const showing = ({ certFile, keyFile }: Certificate) => ['--cert', certFile, '--key', keyFile]

  it.each(['--http2', '--http1.1'])('are required, over %s', async (version) => {
    const { gateway, server, friend, stranger } = await cast('require')
    expect((await curl(gateway, server, version, ...showing(friend))).text).toContain(' 200')
    expect((await curl(gateway, server, version)).code).not.toBe(0)
    expect((await curl(gateway, server, version, ...showing(stranger))).code).not.toBe(0)
  })

  it('are requested: nobody needs one, and nobody comes in with a wrong one', async () => {
    const { gateway, server, friend, stranger } = await cast('request')
    expect((await curl(gateway, server, ...showing(friend))).text).toContain(' 200')
    expect((await curl(gateway, server)).text).toContain(' 200')
    expect((await curl(gateway, server, ...showing(stranger))).code).not.toBe(0)
  })
})
