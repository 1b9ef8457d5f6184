import { expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import { generate, generateOpen, install } from '../support/install.ts'
import { EVERY_SPEAKER } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'

const REQUESTS = 400

/** What may be wrong with an answer; streams of the second list are good all the same. */
const FATAL = [
  'status:500',
  'status:529',
  'drop',
  'cut:3',
  'fin:3',
  'end:3',
  'tear:3',
  'stall:3',
  'error:3',
  'truncated',
]
const HARMLESS = ['&fault=no-stop', '', '&split=7', '&crlf=on', '&encoding=gzip', '&pings=2', '&batch=3']

/** Numbers that look random and are the same each time. */
function* numbers(): Generator<number, never> {
  for (let state = 20261122; ;) {
    state = (state * 1103515245 + 12345) % 2 ** 31
    yield state / 2 ** 31
  }
}

function pick<T>(from: readonly T[], number: number): T {
  const picked = from[Math.floor(number * from.length)]
  if (picked === undefined) throw new Error('nothing to pick from')
  return picked
}

function outcomeOf(client: Speaker, answer: Answer): string {
  if (answer.cut) return 'cut'
  try {
    return client.wordsOf(answer) === '' ? 'empty' : 'words'
  } catch {
    return String(client.errorOf(answer)['type'])
  }
}

it('in a storm of faults every client gets a whole answer or a proper error, and nothing stays behind', async () => {
  const simulator = await startSimulator()
  onTestFinished(() => simulator.close())
  const place = { baseUrl: simulator.url, apiKey: 'key-of-far-0123', models: ['text'] }
  // Only faults need an end soon; on a busy machine, so many at once are silent for a while without one.
  const hasty = { ...place, timeouts: { idle: '300ms' } }
  const gateway = await install({
    providers: [
      { id: 'anthropic', type: 'anthropic', ...place },
      { id: 'openai', type: 'openai', ...place },
      { id: 'hasty-anthropic', type: 'anthropic', ...hasty },
      { id: 'hasty-openai', type: 'openai', ...hasty },
    ],
    server: { pingInterval: '50ms' },
    retry: { attempts: 2, budget: 0.5 },
    breaker: { minimumRequests: 1_000_000 },
  })
  const chance = numbers()
  const next = (): number => chance.next().value
  const plans = Array.from({ length: REQUESTS }, () => {
    const stream = next() < 0.7
    const isFatal = next() < 0.5
    const setting = isFatal ? `&fault=${pick(FATAL, next())}` : pick(stream ? HARMLESS : HARMLESS.slice(1), next())
    const provider = `${isFatal ? 'hasty-' : ''}${pick(['anthropic', 'openai'], next())}`
    const model = `${provider}/text?tokens=12&gap=2${setting}`
    return { client: pick(EVERY_SPEAKER, next()), model, isFatal, stream, leaves: next() < 0.15 }
  })
  const outcomes = await Promise.all(
    plans.map(async ({ client, model, isFatal, stream, leaves }) => {
      if (leaves && stream && !isFatal) {
        const answer = await generateOpen(gateway, client, model)
        await answer.next()
        answer.leave()
        return 'left'
      }
      const outcome = outcomeOf(client, await generate(gateway, client, model, { stream }))
      if (!isFatal) expect(outcome, `${client.type} ${model} ${stream}`).toBe('words')
      return outcome
    }),
  )
  const counts = new Map<string, number>()
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  expect([...counts.keys()].toSorted()).toEqual(
    expect.arrayContaining(['api_error', 'left', 'overloaded_error', 'server_error', 'timeout_error', 'words']),
  )
  expect(counts.has('cut')).toBe(false)
  expect(counts.has('empty')).toBe(false)

  const records = (): readonly Json[] => gateway.log.filter(({ msg }) => msg === 'request')
  await gateway.logged(() => records().length === REQUESTS)
  expect(new Set(records().map(({ requestId }) => requestId)).size).toBe(REQUESTS)
  const details = (await ask(`${gateway.url}/health/detailed`)).json()
  // This request itself.
  expect(details['inFlight']).toBe(1)
  await Promise.all(simulator.requests.map(({ outcome }) => outcome))
}, 60_000)
