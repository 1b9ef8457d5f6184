import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Admin, tokenIn } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import { provider, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'

const { chat } = SPEAKERS
const MODEL = `far/${chat.model}`

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

interface Gateway {
  readonly url: string
  readonly admin: Admin
}

async function startWorkers(): Promise<Gateway> {
  const upstream = await vendorOf(saying(chat, 'Hello'))
  await machine.writeConfig({ server: { port: 0, workers: 2 }, providers: [provider('far', chat, upstream.url)] })
  const [, url = ''] = await machine.start(['start']).printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return { url, admin: new Admin(url, tokenIn(join(machine.home, '.local', 'state', 'ucr'))) }
}

/** Each on a connection of its own, so that both workers get some. */
async function asked({ url }: Gateway, count: number): Promise<readonly (string | undefined)[]> {
  const ids: (string | undefined)[] = []
  for (let at = 0; at < count; at++) {
    const answer = await ask(`${url}${chat.path}`, { body: chat.request(MODEL), headers: { 'x-session-id': `s${at}` } })
    ids.push(answer.headers['x-request-id'])
  }
  return ids
}

const list = (page: Json): readonly Json[] => page['data'] as Json[]

it('workers are one in the overview and in the lists, whoever is asked', async () => {
  const gateway = await startWorkers()
  const ids = await asked(gateway, 8)
  let cursor = ''
  for (let count = 0; count < 4; count++) {
    const overview = (await gateway.admin.read('overview')).json()
    expect(overview).toMatchObject({
      processes: 2,
      requests: { total: 8, errors: 0 },
      cost: { unpriced: 0 },
      sessions: { active: 8, created: 8 },
      providers: [{ id: 'far', requests: 8 }],
    })
    const requests = (await gateway.admin.read('requests')).json()
    expect(list(requests).map((line) => line['requestId'])).toEqual(ids.toReversed())
    expect(list((await gateway.admin.read('sessions')).json())).toHaveLength(8)
    cursor = String(requests['cursor'])
  }
  const later = await asked(gateway, 2)
  const news = list((await gateway.admin.read(`requests?after=${cursor}`)).json())
  expect(news.map((line) => line['requestId'])).toEqual(later.toReversed())
})

it('a series tells of all workers what they did, at the same moments', async () => {
  const gateway = await startWorkers()
  await asked(gateway, 6)
  const points = async (): Promise<readonly Json[]> => {
    const page = (await gateway.admin.read('series?minutes=5')).json()
    expect(page['interval']).toBe(10)
    return page['points'] as Json[]
  }
  const sum = (series: readonly Json[], name: string): number =>
    series.reduce((total, point) => total + Number(point[name]), 0)
  let series = await points()
  while (sum(series, 'requests') < 6) series = await points()
  expect(sum(series, 'requests')).toBe(6)
  expect(sum(series, 'outputTokens')).toBeGreaterThan(0)
  expect(sum(series, 'dollars')).toBeGreaterThan(0)
  expect(series.every((point) => Number(point['time']) % 10_000 === 0)).toBe(true)
  const busy = series.find((point) => Number(point['requests']) > 0)
  expect(Number(busy?.['p99'])).toBeGreaterThan(0)
  expect(Number(busy?.['rss'])).toBeGreaterThan(0)
})
