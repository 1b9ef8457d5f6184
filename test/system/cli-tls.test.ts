import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeCertificate, tlsOf } from '../support/certificate.ts'
import type { Certificate } from '../support/certificate.ts'
import { ask, openSession } from '../support/http2-client.ts'
import { smallGateway, closeGateways } from '../support/small-gateway.ts'
import { UserMachine } from '../support/ucr-process.ts'

let machine: UserMachine
let server: Certificate

beforeEach(async () => {
  machine = await UserMachine.create()
  server = makeCertificate(machine.home)
})

afterEach(async () => {
  await machine.close()
  await closeGateways()
})

function writeConfig(tls: object = {}, more: object = {}): Promise<string> {
  return machine.writeConfig({
    server: { port: 0, tls: { cert: './server.pem', key: './server-key.pem', ...tls }, ...more },
    providers: [{ id: 'sim', type: 'simulator' }],
  })
}

interface Status {
  readonly gateways: readonly {
    readonly urls: readonly string[]
    readonly status: string
    readonly problem: string | null
  }[]
}

const status = async () => ((await machine.json(['status'])) as Status).gateways[0]

async function startDaemon(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await machine.run(['start', '--daemon', ...words])
  expect(code, stderr).toBe(0)
  return /https:\/\/[^ ]+/.exec(stdout)?.[0] ?? ''
}

describe('a gateway under TLS with a certificate that nobody else vouches for', () => {
  it('is started in the background, asked how it is, and has its keys managed', async () => {
    await writeConfig()
    const url = await startDaemon()
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    expect(await status()).toMatchObject({ urls: [url], status: 'healthy', problem: null })
    const { code, stdout } = await machine.run(['keys', 'create', 'laptop'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ucr_/)
    const { code: done } = await machine.run(['stop'])
    expect(done).toBe(0)
  })

  it('is also one whose certificate has expired, and is for another name', async () => {
    server = makeCertificate(machine.home, { days: -1, names: 'DNS:gateway.example' })
    await writeConfig()
    await startDaemon()
    expect(await status()).toMatchObject({ status: 'healthy' })
  })

  it('stays known when its certificate is replaced', async () => {
    await writeConfig()
    const url = await startDaemon()
    const log = join(machine.home, '.local', 'state', 'ucr', 'gateway.log')
    makeCertificate(machine.home)
    while (!readFileSync(log, 'utf8').includes('config reloaded'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await status()).toMatchObject({ urls: [url], status: 'healthy' })
  })

  it('is not mistaken for a program that listens in its place', async () => {
    await writeConfig()
    await startDaemon()
    const file = join(machine.home, 'other')
    mkdirSync(file)
    const impostor = await smallGateway(undefined, { tls: tlsOf(makeCertificate(file)) })
    const record = join(
      machine.home,
      '.local',
      'state',
      'ucr',
      `gateway-${new URL((await status())?.urls[0] ?? '').port}.json`,
    )
    const text = readFileSync(record, 'utf8')
    writeFileSync(record, text.replaceAll(/https:[^"]+/g, impostor.url))
    const { status: how, problem } = (await status()) ?? {}
    expect(how).toBe('unreachable')
    expect(problem).toContain('another certificate than that of the gateway')
    expect(impostor.requests).toEqual([])
    writeFileSync(record, text)
  })

  it('that wants certificates of clients is known to run', async () => {
    const authority = makeCertificate(machine.home, { name: 'authority', names: '' })
    await writeConfig({ clientCertificates: 'require', ca: authority.certFile })
    await startDaemon()
    expect(await status()).toMatchObject({
      status: 'guarded',
      problem: 'it answers only clients that show a certificate',
    })
  })

  it('is what Claude Code is told to trust', async () => {
    await writeConfig()
    const folder = join(machine.home, 'bin')
    mkdirSync(folder)
    const seen = join(machine.home, 'seen.json')
    // It asks as Node does, with all checks on.
    const script = `#!${process.execPath}
const { ANTHROPIC_BASE_URL: url, NODE_EXTRA_CA_CERTS: authorities } = process.env
require('node:https').get(url + '/health/live', ({ statusCode }) => {
  require('node:fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ statusCode, authorities, url }))
  process.exit()
})`
    writeFileSync(join(folder, 'claude'), script)
    chmodSync(join(folder, 'claude'), 0o755)
    const { code, stderr } = await machine.run(['code'], { environment: { PATH: `${folder}:/usr/bin:/bin` } })
    expect(code, stderr).toBe(0)
    expect(JSON.parse(readFileSync(seen, 'utf8'))).toMatchObject({ statusCode: 200, authorities: server.certFile })
  })
})

describe('flags and variables for TLS', () => {
  it('stand for the config, relative to where the command was written', async () => {
    await machine.writeConfig({ server: { port: 0 }, providers: [{ id: 'sim', type: 'simulator' }] })
    const url = await startDaemon('--tls-cert', 'server.pem', '--tls-key', 'server-key.pem')
    expect((await ask(await openSession(url), { path: '/health/live' })).status).toBe(200)
    expect(await status()).toMatchObject({ status: 'healthy' })
  })

  it('work without a config file, and certificates are watched there too', async () => {
    const gateway = machine.start(['start', '--port', '0'], {
      environment: { UCR_TLS_CERT: server.certFile, UCR_TLS_KEY: server.keyFile },
    })
    const [, url = ''] = await gateway.printed(/listening on (https:\/\/127\.0\.0\.1:\d+)/)
    expect((await ask(await openSession(url), { path: '/health/live' })).status).toBe(200)
    makeCertificate(machine.home)
    await gateway.printed(/config reloaded/)
    gateway.kill('SIGTERM')
    await gateway.ended
  })

  it('say what is wrong, and nothing starts', async () => {
    const { code, stderr } = await machine.run(['start', '--tls-cert', 'no.pem', '--tls-key', 'server-key.pem'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('--tls-cert names a file that does not exist')
  })
})

describe('several workers under TLS', () => {
  it('share connections, over HTTP/2 and over HTTP/1.1, and take a new certificate', async () => {
    await writeConfig()
    const gateway = machine.start(['start', '--workers', '2'])
    const [, url = ''] = await gateway.printed(/listening on (https:\/\/127\.0\.0\.1:\d+)/)
    for (let count = 0; count < 4; count++) {
      expect((await ask(await openSession(url), { path: '/health/live' })).status).toBe(200)
      expect((await machine.json(['status'])) as Status).toMatchObject({ gateways: [{ status: 'healthy' }] })
    }
    const elsewhere = join(machine.home, 'new')
    mkdirSync(elsewhere)
    const next = makeCertificate(elsewhere)
    copyFileSync(next.certFile, server.certFile)
    copyFileSync(next.keyFile, server.keyFile)
    gateway.kill('SIGHUP')
    await gateway.printed(/config reloaded/)
    for (let shown = new Set<string>(); !(shown.size === 1 && shown.has(next.cert.trim()));) {
      shown = new Set([await shownBy(url), await shownBy(url)])
    }
    gateway.kill('SIGTERM')
    expect(await gateway.ended).toMatchObject({ code: 0 })
  })
})

async function shownBy(url: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false })
  await once(
    socket.on('error', () => {}),
    'secureConnect',
  )
  const certificate = socket.getPeerX509Certificate()
  socket.destroy()
  return certificate?.toString().trim() ?? ''
}
