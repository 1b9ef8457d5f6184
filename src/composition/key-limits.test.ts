import { describe, expect, it } from 'vitest'
import { SlidingCounter } from '../admission/rate-counter.ts'
import { LocalBus } from '../workers/bus.ts'
import type { WorkerBus } from '../workers/bus.ts'
import { Hub, type HubMember } from '../workers/hub.ts'
import { ProcessBus } from '../workers/worker-bus.ts'
import { KeyLimits } from './key-limits.ts'
import { SharedCounter, shareRates } from './share-rates.ts'

/** Two workers' buses, joined as by their supervisor. */
function joinedBuses(): readonly [ProcessBus, ProcessBus] {
  const hub = new Hub()
  const newBus = (): ProcessBus => {
    const bus: ProcessBus = new ProcessBus((message) => {
      if (message.kind === 'tell' || message.kind === 'ask' || message.kind === 'answer') hub.receive(member, message)
    })
    const member: HubMember = {
      send: (message) => {
        if (message.kind === 'told' || message.kind === 'asked' || message.kind === 'answers') bus.receive(message)
      },
    }
    hub.join(member)
    return bus
  }
  return [newBus(), newBus()]
}

function limitsOn(bus: WorkerBus): KeyLimits<SharedCounter> {
  return new KeyLimits(
    ({ max, timeWindow }, prefix) => new SharedCounter(new SlidingCounter(max, timeWindow, () => 0), bus, prefix),
  )
}

describe('KeyLimits', () => {
  it('counts each limit and each name by itself', () => {
    const limits = limitsOn(new LocalBus())
    const two = limits.counterFor({ max: 2, timeWindow: 1000 })
    expect([two.take('a'), two.take('a'), two.take('a')].map(({ allowed }) => allowed)).toEqual([true, true, false])
    expect(two.take('b').allowed).toBe(true)
    expect(limits.counterFor({ max: 2, timeWindow: 1000 }).take('a').allowed).toBe(false)
    expect(limits.counterFor({ max: 2, timeWindow: 2000 }).take('a').allowed).toBe(true)
  })

  it('counts what other workers have counted', () => {
    const limits = limitsOn(new LocalBus())
    expect(limits.add('limit 2/1000 a', 2)).toBe(true)
    expect(limits.counterFor({ max: 2, timeWindow: 1000 }).take('a').allowed).toBe(false)
  })

  it('tells other workers what it has counted, each limit by itself', async () => {
    const [one, two] = joinedBuses()
    const [mine, theirs] = [limitsOn(one), limitsOn(two)]
    const { promise: heard, resolve } = Promise.withResolvers<void>()
    await shareRates(two, {
      add: (name, count) => {
        expect(theirs.add(name, count)).toBe(true)
        resolve()
      },
      counts: () => theirs.counts(),
    })
    const limit = { max: 2, timeWindow: 1000 }
    mine.counterFor(limit).take('a')
    mine.counterFor(limit).take('a')
    await heard
    expect(theirs.counterFor(limit).take('a').allowed).toBe(false)
    expect(theirs.counterFor(limit).take('b').allowed).toBe(true)
    expect(theirs.counterFor({ max: 3, timeWindow: 1000 }).take('a').allowed).toBe(true)
  })

  it('tells a worker that begins what counts already', async () => {
    const [one, two] = joinedBuses()
    const [mine, theirs] = [limitsOn(one), limitsOn(two)]
    await shareRates(one, { add: (name, count) => mine.add(name, count), counts: () => mine.counts() })
    const limit = { max: 2, timeWindow: 1000 }
    mine.counterFor(limit).take('a')
    mine.counterFor(limit).take('a')
    mine.counterFor(limit).take('b')
    await shareRates(two, { add: (name, count) => theirs.add(name, count), counts: () => theirs.counts() })
    expect(['a', 'b', 'c'].map((name) => theirs.counterFor(limit).take(name).remaining)).toEqual([0, 0, 1])
    expect(theirs.counterFor(limit).take('a').allowed).toBe(false)
  })

  it.each(['key_a', 'address 10.0.0.1', 'limit 2 a', 'limit x/1 a'])('leaves %j to others', (name) => {
    expect(limitsOn(new LocalBus()).add(name, 1)).toBe(false)
  })
})
