import { describe, expect, it } from 'vitest'
import { SilenceWatch } from './silence-watch.ts'

const LIMIT = 4000
const INTERVAL = 1000

/** A watch whose time is the test's. */
function setUp() {
  const time = { now: 0 }
  const asked: string[] = []
  const hung: [string, number][] = []
  const watch = new SilenceWatch<string>({
    limit: LIMIT,
    now: () => time.now,
    ask: (worker) => void asked.push(worker),
    hangs: (worker, silence) => void hung.push([worker, silence]),
  })
  const pass = (looks: number, speaking: readonly string[] = []): void => {
    for (let count = 0; count < looks; count++) {
      time.now += INTERVAL
      watch.look()
      for (const worker of speaking) watch.heard(worker)
    }
  }
  watch.look()
  return { watch, time, asked, hung, pass }
}

describe('SilenceWatch', () => {
  it('finds who has said nothing for the limit, once, after it was asked, and asks nobody who speaks', () => {
    const { watch, asked, hung, pass } = setUp()
    for (const worker of ['dumb', 'lively']) {
      watch.add(worker)
      watch.serves(worker)
    }
    pass(4, ['lively'])
    expect(hung).toEqual([])
    pass(10, ['lively'])
    expect(hung).toEqual([['dumb', LIMIT]])
    expect(asked).toEqual(['dumb', 'dumb', 'dumb'])
  })

  it('begins anew with each word', () => {
    const { watch, hung, pass } = setUp()
    watch.add('slow')
    watch.serves('slow')
    for (let times = 0; times < 3; times++) {
      pass(4)
      watch.heard('slow')
    }
    expect(hung).toEqual([])
    pass(5)
    expect(hung).toHaveLength(1)
  })

  it('finds nobody while it stands still itself, however often that happens', () => {
    const { watch, time, hung, pass } = setUp()
    watch.add('suspended')
    watch.serves('suspended')
    for (let times = 0; times < 5; times++) {
      pass(3)
      time.now += 100 * LIMIT
      watch.look()
    }
    expect(hung).toEqual([])
  })

  it('gives a start ten times as long', () => {
    const { watch, hung, pass } = setUp()
    watch.add('starting')
    pass(40)
    expect(hung).toEqual([])
    pass(1)
    expect(hung).toEqual([['starting', 10 * LIMIT]])
  })

  it('waits ten minutes for who is away, and no longer for who is back', () => {
    const { watch, hung, pass } = setUp()
    watch.add('away')
    watch.serves('away')
    watch.away('away')
    pass(600)
    expect(hung).toEqual([])
    watch.heard('away')
    watch.serves('away')
    pass(5)
    expect(hung).toHaveLength(1)
  })

  it('knows nobody any more who was removed', () => {
    const { watch, hung, asked, pass } = setUp()
    watch.add('gone')
    watch.serves('gone')
    watch.remove('gone')
    pass(10)
    expect([hung, asked]).toEqual([[], []])
  })

  it('starts no timer where no limit is', () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const watch = new SilenceWatch<string>({ limit: 0, now: () => 0, ask: () => {}, hangs: () => {} })
    watch.start()
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before)
    watch.stop()
  })
})
