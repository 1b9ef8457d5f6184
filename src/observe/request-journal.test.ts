import { describe, expect, it } from 'vitest'
import { CleanNames } from './clean-names.ts'
import type { ExchangeRecord } from './observer.ts'
import { KEPT_ERRORS, KEPT_REQUESTS, RequestJournal } from './request-journal.ts'

const RECORD: ExchangeRecord = {
  requestId: 'id',
  protocol: 'openai-chat',
  operation: 'generate',
  keyName: 'laptop',
  requestedModel: 'fast',
  provider: 'gpt',
  model: 'gpt-5.5',
  plan: 'translate',
  reason: 'alias:fast',
  attempts: 2,
  stream: true,
  httpStatus: 200,
  status: 'complete',
  errorCode: null,
  losses: [{ field: 'top_k', how: 'dropped', why: 'no equivalent' }],
  usage: {
    input: { total: 100, cacheRead: 60, cacheWrite: 30, cacheWriteLong: 20 },
    output: { total: 9, reasoning: 4 },
    estimated: false,
    cost: 0.25,
    raw: null,
  },
  cache: null,
  billed: true,
  duration: 12.3456,
  timeToFirstByte: 3,
  timeToFirstToken: 7,
  requestBytes: 11,
  replyBytes: 22,
}

function journalAt(clock: { now: number; wall: number }): RequestJournal {
  return new RequestJournal(new CleanNames(), { now: () => clock.now, wallClock: () => clock.wall })
}

function filled(count: number, errorAt: (index: number) => boolean = () => false): RequestJournal {
  const journal = journalAt({ now: 0, wall: 0 })
  for (let index = 0; index < count; index++) {
    const failed = { status: 'failed', errorCode: 'internal' } as const
    journal.add({ ...RECORD, requestId: `r${index}`, ...(errorAt(index) ? failed : {}) }, index)
  }
  return journal
}

const idsOf = (journal: RequestJournal, sequence = 0, errorsOnly = false): readonly string[] =>
  journal.since(sequence, errorsOnly).map(({ line }) => line.requestId)

describe('RequestJournal', () => {
  it('tells of a request what its line in the log tells', () => {
    const journal = journalAt({ now: 1000, wall: 1_800_000_001_000 })
    journal.add(RECORD, 500)
    const { usage, losses, billed, ...same } = RECORD
    expect([losses.length, billed]).toEqual([1, true])
    expect(journal.since(0, false)).toEqual([
      {
        sequence: 1,
        line: {
          ...same,
          time: 1_800_000_000_500,
          duration: 12.35,
          tokens: { input: 100, cacheRead: 60, cacheWrite: 30, output: 9, reasoning: 4 },
          dropped: ['top_k'],
        },
        billed: { input: usage?.input, output: usage?.output, cost: 0.25 },
      },
    ])
  })

  it('tells null where there is nothing', () => {
    const journal = journalAt({ now: 0, wall: 0 })
    const nothing = {
      keyName: null,
      requestedModel: null,
      provider: null,
      model: null,
      plan: null,
      reason: null,
      timeToFirstByte: null,
      timeToFirstToken: null,
    }
    journal.add({ ...RECORD, ...nothing, usage: null, losses: [] }, 0)
    const [entry] = journal.since(0, false)
    expect(entry?.line).toMatchObject({ ...nothing, tokens: null, dropped: [] })
    expect(entry?.billed).toBeNull()
  })

  it('says that nobody pays for what no vendor was asked for', () => {
    const journal = journalAt({ now: 0, wall: 0 })
    journal.add({ ...RECORD, billed: false, cache: 'hit' }, 0)
    expect(journal.since(0, false)).toMatchObject([{ line: { cache: 'hit', tokens: { input: 100 } }, billed: null }])
  })

  it('remembers so many, and gives them newest first', () => {
    const journal = filled(KEPT_REQUESTS * 3 + 7)
    const ids = idsOf(journal)
    expect(ids).toHaveLength(KEPT_REQUESTS)
    expect(ids[0]).toBe(`r${KEPT_REQUESTS * 3 + 6}`)
    expect(ids.at(-1)).toBe(`r${KEPT_REQUESTS * 2 + 7}`)
  })

  it('gives what came since then', () => {
    const journal = filled(10)
    expect(idsOf(journal, 8)).toEqual(['r9', 'r8'])
    expect(idsOf(journal, journal.sequence)).toEqual([])
  })

  it('remembers errors however many good answers come after them', () => {
    const journal = filled(KEPT_REQUESTS * 4, (index) => index < 3)
    expect(idsOf(journal)).not.toContain('r2')
    expect(idsOf(journal, 0, true)).toEqual(['r2', 'r1', 'r0'])
  })

  it('gives each error once, those among the last requests and the older ones', () => {
    const journal = filled(KEPT_REQUESTS * 4, (index) => index % 10 === 0)
    const ids = idsOf(journal, 0, true)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toHaveLength(KEPT_ERRORS)
    expect(ids[0]).toBe(`r${KEPT_REQUESTS * 4 - 10}`)
  })

  it('has no room for long names', () => {
    const journal = journalAt({ now: 0, wall: 0 })
    const losses = Array.from({ length: 500 }, (_, index) => ({ ...RECORD.losses[0]!, field: `f${index}` }))
    journal.add({ ...RECORD, requestedModel: 'm'.repeat(1_000_000), losses }, 0)
    expect(JSON.stringify(journal.since(0, false)).length).toBeLessThan(2000)
  })
})
