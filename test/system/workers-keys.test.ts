import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keyPlaceOf } from '../../src/composition/open-key-store.ts'
import { StateDatabase } from '../../src/composition/state-database.ts'
import { Admin, tokenIn } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import { provider, vendorOf } from '../support/install.ts'
import { RawClient } from '../support/raw-client.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'

const { chat } = SPEAKERS

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

async function startWorkers(port = 0): Promise<string> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  await machine.writeConfig({
    server: { port, workers: 2 },
    auth: { failureLimit: { max: 1_000_000 } },
    providers: [provider('far', chat, upstream.url)],
  })
  const [, url = ''] = await machine.start(['start']).printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return url
}

/** A connection stays with the worker that it was handed to, and the next one goes to the next. */
async function connections(url: string): Promise<readonly ((key: string) => Promise<number>)[]> {
  const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.open(Number(new URL(url).port))))
  return clients.map((client) => async (key) => {
    client.send(`GET /v1/models HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\n\r\n`)
    return (await client.answer()).status
  })
}

const admin = (url: string): Admin => new Admin(url, tokenIn(join(machine.home, '.local', 'state', 'ucr')))

/** Resolves when all connections give this status. */
async function untilAll(
  status: number,
  all: readonly ((key: string) => Promise<number>)[],
  key: string,
): Promise<void> {
  for (;;) {
    const seen = await Promise.all(all.map((one) => one(key)))
    if (seen.every((each) => each === status)) return
  }
}

it('a key that one worker makes or revokes is made and revoked in all of them', async () => {
  const url = await startWorkers()
  const keyed = await admin(url).create('laptop')
  const all = await connections(url)
  await untilAll(200, all, keyed.key)
  await admin(url).call('DELETE', `/${keyed.id}`)
  await untilAll(401, all, keyed.key)
})

it('a command that goes past the gateway is heard of by all workers too', async () => {
  const url = await startWorkers()
  const { key } = await admin(url).create('laptop')
  const all = await connections(url)
  await untilAll(200, all, key)
  // As with a second gateway that has the same state folder: nobody tells these workers anything.
  const database = new StateDatabase(join(machine.home, '.local', 'state', 'ucr'))
  const store = await keyPlaceOf({ auth: { store: 'sqlite' }, redis: { url: '' } }, database, null).open()
  const [made] = await store.list()
  await store.change(made!.id, (present) => ({ ...present, disabled: true }))
  await database.close()
  await untilAll(401, all, key)
})

it('all workers want the same admin token, and it is there when the gateway says that it listens', async () => {
  const url = await startWorkers()
  const { token } = admin(url)
  for (let times = 0; times < 4; times++) {
    const { status } = await ask(`${url}/admin/keys`, { headers: { authorization: `Bearer ${token}` } })
    expect(status).toBe(200)
  }
})
