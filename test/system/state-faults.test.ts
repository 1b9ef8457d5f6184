import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { adminOf } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import { LockedFile } from '../support/locked-file.ts'
import { programOf } from '../support/server-program.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { UserMachine } from '../support/ucr-process.ts'

const { chat } = SPEAKERS

/** Sets limits of other processes; part of every Linux. */
const PRLIMIT = programOf('prlimit', '--version')

async function installed(folder: string, more: ConfigFile = {}): Promise<TestGateway> {
  const upstream = await vendorOf(saying(chat, 'Yes.'))
  return install({ providers: [provider('far', chat, upstream.url)], ...more }, { folder })
}

const databaseIn = (folder: string): string => join(folder, 'state', 'ucr.db')

const talk = (gateway: TestGateway, content = 'Hello'): Promise<Answer> =>
  generate(gateway, chat, chat.model, { session_id: 'talk', messages: [{ role: 'user', content }] })

async function wordsOf(url: string): Promise<readonly unknown[]> {
  const { messages } = (await ask(`${url}/v1/sessions/talk`)).json() as { messages: Json[] }
  return messages.map(({ content }) => content)
}

describe('a database that another process does not let go of', () => {
  it('keeps nobody waiting who needs none of it, and those who do until it is free', async () => {
    const folder = temporaryFolder()
    const gateway = await installed(folder)
    await talk(gateway, 'one')
    const locked = await LockedFile.lock(databaseIn(folder))
    let isOver = false
    const waiting = talk(gateway, 'two').finally(() => (isOver = true))
    for (let count = 0; count < 5; count++) expect((await generate(gateway, chat, chat.model)).status).toBe(200)
    expect((await ask(`${gateway.url}/v1/sessions/talk`)).status).toBe(200)
    expect(isOver).toBe(false)
    await locked.release()
    expect((await waiting).status).toBe(200)
    expect(await wordsOf(gateway.url)).toEqual(['one', 'Yes.', 'two', 'Yes.'])
  })

  it('refuses who would have to wait too long, as it does a key that is to be made, and is there again afterwards', async () => {
    const folder = temporaryFolder()
    const gateway = await installed(folder)
    await talk(gateway, 'one')
    const locked = await LockedFile.lock(databaseIn(folder))
    const order: string[] = []
    const refused = talk(gateway, 'two').finally(() => order.push('in a session'))
    const key = adminOf(gateway)
      .call('POST', '', { name: 'me' })
      .finally(() => order.push('a key'))
    const served = generate(gateway, chat, chat.model).finally(() => order.push('by itself'))
    expect((await refused).status).toBe(503)
    expect((await refused).headers).toMatchObject({ 'x-ucr-error': 'store_unavailable', 'retry-after': '1' })
    expect((await key).status).toBe(503)
    expect((await served).status).toBe(200)
    expect(order[0]).toBe('by itself')
    await gateway.logged(({ msg }) => msg === 'the store of sessions is away')
    await locked.release()
    expect((await talk(gateway, 'three')).status).toBe(200)
    await gateway.logged(({ msg }) => msg === 'the store of sessions is there again')
    expect(await wordsOf(gateway.url)).toEqual(['one', 'Yes.', 'three', 'Yes.'])
  })
})

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

describe.skipIf(PRLIMIT === null)('a disk that is full', () => {
  it('refuses sessions and nothing else, says why, and has all that was answered when there is room again', async () => {
    const upstream = await vendorOf(saying(chat, 'Yes.'))
    await machine.writeConfig({ server: { port: 0 }, providers: [provider('far', chat, upstream.url)] })
    const gateway = machine.start(['start'])
    const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    const limit = (size: string): void => {
      execFileSync(PRLIMIT ?? '', ['--pid', String(gateway.pid), `--fsize=${size}:unlimited`])
    }
    const asks = (content: string, more: Json = { session_id: 'talk' }): Promise<Answer> =>
      ask(`${url}${chat.path}`, {
        body: chat.request(chat.model, { ...more, messages: [{ role: 'user', content }] }),
      })
    expect((await asks('one')).status).toBe(200)
    limit('1')
    for (let count = 0; count < 3; count++) {
      const refused = await asks('two')
      expect(refused.status).toBe(503)
      expect(refused.headers).toMatchObject({ 'x-ucr-error': 'store_unavailable' })
      expect((await asks('by itself', {})).status).toBe(200)
    }
    expect(await wordsOf(url)).toEqual(['one', 'Yes.'])
    await gateway.printed(/the store of sessions is away/)
    limit('unlimited')
    expect((await asks('three')).status).toBe(200)
    await gateway.printed(/the store of sessions is there again/)
    expect(await wordsOf(url)).toEqual(['one', 'Yes.', 'three', 'Yes.'])
  })
})

describe('a database with keys in it', () => {
  const SECTOR = 4096

  /** Damages it while nobody has it open. */
  const damages: Readonly<Record<string, (path: string) => void>> = {
    'whose pages are overwritten': (path) => {
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.fill(0xa5, SECTOR))
    },
    'whose head is overwritten': (path) => writeFileSync(path, readFileSync(path).fill(0xa5, 0, 100)),
    'of which half is cut off': (path) => truncateSync(path, Math.floor(statSync(path).size / 2 / SECTOR) * SECTOR),
    'that was cut within a page': (path) => truncateSync(path, SECTOR + 100),
    'that was cut to nothing': (path) => truncateSync(path, 0),
    'that was deleted': (path) => rmSync(path),
    'that another one without keys took the place of': (path) => {
      rmSync(path)
      const other = new DatabaseSync(path)
      other.exec('CREATE TABLE other (a TEXT)')
      other.close()
    },
    'of a newer version': (path) => {
      const database = new DatabaseSync(path)
      database.exec('PRAGMA user_version = 1000')
      database.close()
    },
  }

  it.each(Object.entries(damages))('%s opens the gateway to nobody, and is not used', async (_, damage) => {
    const folder = temporaryFolder()
    const before = await installed(folder)
    const { key } = await adminOf(before).create('laptop')
    await before.close()
    damage(databaseIn(folder))
    const gateway = await installed(folder)
    expect((await generate(gateway, chat, chat.model)).status).toBe(401)
    const known = await generate(gateway, chat, chat.model, {}, { authorization: `Bearer ${key}` })
    expect(known.status).toBe(503)
    await gateway.logged(({ msg }) => msg === 'the keys that were made before cannot be read')
    expect((await ask(`${gateway.url}/health`)).status).toBe(200)
  })

  it('that is gone is begun anew where its owner says so', async () => {
    const folder = temporaryFolder()
    const before = await installed(folder)
    await adminOf(before).create('laptop')
    await before.close()
    rmSync(databaseIn(folder))
    const closed = await installed(folder)
    const told = await closed.logged(({ msg }) => msg === 'the keys that were made before cannot be read')
    const [witness = ''] = /\S+\.has-keys/.exec(JSON.stringify(told)) ?? []
    await closed.close()
    rmSync(witness)
    const open = await installed(folder)
    expect((await generate(open, chat, chat.model)).status).toBe(200)
  })

  it('has each key and each revocation also where its log is lost', async () => {
    const upstream = await vendorOf(saying(chat, 'Yes.'))
    await machine.writeConfig({ server: { port: 0 }, providers: [provider('far', chat, upstream.url)] })
    const first = machine.start(['start'])
    await first.printed(/listening on/)
    const created = async (name: string) => (await machine.json(['keys', 'create', name])) as { key: string }
    const [kept, revoked] = [await created('kept'), await created('revoked')]
    expect((await machine.run(['keys', 'revoke', 'revoked'])).code).toBe(0)
    first.kill('SIGKILL')
    await first.ended
    const log = join(machine.home, '.local', 'state', 'ucr', 'ucr.db-wal')
    expect(existsSync(log)).toBe(true)
    rmSync(log)
    const second = machine.start(['start'])
    const [, url = ''] = await second.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    const statusWith = async (headers: Readonly<Record<string, string>>) =>
      (await ask(`${url}${chat.path}`, { headers, body: chat.request(chat.model) })).status
    expect(await statusWith({})).toBe(401)
    expect(await statusWith({ authorization: `Bearer ${revoked.key}` })).toBe(401)
    expect(await statusWith({ authorization: `Bearer ${kept.key}` })).toBe(200)
  })
})

describe('a database with sessions in it', () => {
  it('that is damaged where they are refuses them, says why, and refuses nothing else', async () => {
    const folder = temporaryFolder()
    const before = await installed(folder)
    for (let count = 0; count < 20; count++) await talk(before, 'word '.repeat(500))
    await before.close()
    const path = databaseIn(folder)
    const database = new DatabaseSync(path)
    const page = Number(
      database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'session_turns'").get()?.['rootpage'],
    )
    database.close()
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(0xa5, (page - 1) * 4096, page * 4096))
    const gateway = await installed(folder)
    const refused = await talk(gateway)
    expect(refused.status).toBe(503)
    expect(refused.headers).toMatchObject({ 'x-ucr-error': 'store_unavailable' })
    await gateway.logged(
      (line) => line['msg'] === 'the store of sessions is away' && JSON.stringify(line).includes('malformed'),
    )
    expect((await generate(gateway, chat, chat.model)).status).toBe(200)
  })
})
