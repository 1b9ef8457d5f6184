import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ExchangeRecord, Observer } from './observer.ts'
import { SlowOperations } from './slow-operations.ts'
import type { SlowSettings } from './slow-operations.ts'
import { NO_TRACE } from './tracer.ts'

const RECORD: ExchangeRecord = {
  requestId: 'r1',
  protocol: 'openai-chat',
  operation: 'generate',
  keyName: null,
  requestedModel: 'fast',
  provider: 'gpt',
  model: 'gpt-5.5',
  plan: 'passthrough',
  reason: 'model:gpt-5.5',
  attempts: 1,
  stream: true,
  httpStatus: 200,
  status: 'complete',
  errorCode: null,
  losses: [],
  usage: null,
  cache: null,
  billed: true,
  duration: 100_000,
  timeToFirstByte: 900,
  timeToFirstToken: 950,
  preparation: 5,
  requestBytes: 10,
  replyBytes: 20,
}

function setUp(settings: Partial<SlowSettings> = {}) {
  const said: unknown[] = []
  const next: Observer = {
    tracer: NO_TRACE,
    exchange() {},
    attemptFailed() {},
    warn: (requestId, text, fields) => void said.push({ requestId, text, ...fields }),
    error() {},
    debug() {},
  }
  const clock = { now: 0, busy: true }
  const slow = new SlowOperations(next, { slowOperations: 1000, slowFirstByte: 10_000, ...settings }, () => clock.now)
  return { said, slow, clock }
}

const line = (operation: string, duration: number, more: object = {}) => ({
  requestId: 'r1',
  text: 'slow operation',
  operation,
  duration,
  ...more,
})

describe('SlowOperations', () => {
  it.each<readonly [string, Partial<ExchangeRecord>, readonly unknown[]]>([
    ['a long answer', {}, []],
    ['a whole answer that takes long', { stream: false, timeToFirstByte: 99_000 }, []],
    ['what the gateway did before it asked', { preparation: 1500, timeToFirstByte: 1600 }, [line('prepare', 1500)]],
    [
      'a vendor that begins late',
      { timeToFirstByte: 12_005 },
      [line('first byte', 12_000, { provider: 'gpt', model: 'gpt-5.5' })],
    ],
    ['a vendor that never begins', { timeToFirstByte: null, status: 'failed' }, []],
    [
      'what the gateway answers by itself',
      { preparation: null, attempts: 0, duration: 1200, operation: 'count-tokens' },
      [line('answer', 1200, { what: 'count-tokens' })],
    ],
    ['a wait for an equal request', { preparation: null, attempts: 0, cache: 'coalesced' }, []],
    ['a client that left', { preparation: null, attempts: 0, status: 'client_closed' }, []],
  ])('judges %s', (_, record, lines) => {
    const { said, slow } = setUp()
    slow.exchange({ ...RECORD, ...record })
    expect(said).toEqual(lines)
  })

  it('says nothing where nothing is too slow', () => {
    const { said, slow } = setUp({ slowOperations: 0, slowFirstByte: 0 })
    slow.exchange({ ...RECORD, preparation: 99_000, timeToFirstByte: 999_000, duration: 999_999 })
    slow.took('sessions.read', 99_000)
    expect(said).toEqual([])
  })

  it('takes other settings', () => {
    const { said, slow } = setUp()
    slow.took('connect', 600, { where: 'https://api.example.com' })
    slow.adopt({ slowOperations: 500, slowFirstByte: 0 })
    slow.took('connect', 600, { where: 'https://api.example.com' })
    expect(said).toEqual([
      {
        requestId: null,
        text: 'slow operation',
        operation: 'connect',
        duration: 600,
        where: 'https://api.example.com',
      },
    ])
  })

  it('sees that the process stood still while requests were under way, and sleeps without any', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { said, slow, clock } = setUp()
    slow.watch(() => clock.busy)
    for (const now of [250, 500, 2000, 2250]) {
      clock.now = now
      vi.advanceTimersByTime(250)
    }
    expect(said).toEqual([{ requestId: null, text: 'slow operation', operation: 'event loop', duration: 1250 }])
    clock.busy = false
    vi.advanceTimersByTime(250)
    expect(vi.getTimerCount()).toBe(0)
    slow.watch(() => clock.busy)
    expect(vi.getTimerCount()).toBe(1)
    slow.adopt({ slowOperations: 0, slowFirstByte: 0 })
    slow.watch(() => clock.busy)
    expect(vi.getTimerCount()).toBe(0)
  })
})
