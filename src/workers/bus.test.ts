import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../lib/json.ts'
import { LocalBus, type Topic } from './bus.ts'
import { Hub, type HubMember } from './hub.ts'
import type { FromWorker } from './messages.ts'
import { ProcessBus } from './worker-bus.ts'

const WORDS: Topic<JsonValue[]> = { name: 'words', read: (data) => (Array.isArray(data) ? data : null) }

/** As many buses, joined by one hub as through channels. `isSilent`: it gets everything and says nothing. */
function buses(count: number, isSilent: (index: number) => boolean = () => false) {
  const hub = new Hub((_topic, before, added) => [...listOf(before), ...listOf(added)])
  const members: HubMember[] = []
  const all = Array.from({ length: count }, (_, index) => {
    const bus: ProcessBus = new ProcessBus((message: FromWorker) => {
      if (
        !isSilent(index) &&
        (message.kind === 'tell' || message.kind === 'keep' || message.kind === 'ask' || message.kind === 'answer')
      ) {
        hub.receive(member, structuredClone(message))
      }
    })
    const member: HubMember = {
      send: (message) => {
        if (message.kind === 'told' || message.kind === 'asked' || message.kind === 'answers') bus.receive(message)
      },
    }
    members.push(member)
    hub.join(member)
    return bus
  })
  return { hub, members, all }
}

const listOf = (data: JsonValue): readonly JsonValue[] => (Array.isArray(data) ? data : [])

describe('a bus', () => {
  it('tells all others, and not the one who tells', () => {
    const { all } = buses(3)
    const heard: string[] = []
    for (const [index, bus] of all.entries())
      bus.subscribe(WORDS, (words) => heard.push(`${index}:${words.map((word) => JSON.stringify(word)).join()}`))
    all[1]?.publish(WORDS, ['a', 'b'])
    expect(heard).toEqual(['0:"a","b"', '2:"a","b"'])
  })

  it('gathers one answer of each, its own first, and drops what is none', async () => {
    const { all } = buses(3)
    for (const [index, bus] of all.entries()) bus.answer(WORDS, () => [`of ${index}`, index])
    all[2]?.answer({ ...WORDS, read: () => null }, () => [])
    expect(await all[1]?.gather(WORDS, 60_000)).toEqual([['of 1', 1], ['of 0', 0], []])
  })

  it('does not wait for one that ends, nor longer than it is told for a silent one', async () => {
    const { all, hub, members } = buses(3, (index) => index === 2)
    for (const bus of all) bus.answer(WORDS, () => ['here'])
    expect(await all[0]?.gather(WORDS, 5)).toEqual([['here'], ['here']])
    const gathered = all[0]?.gather(WORDS, 60_000)
    for (const member of members.slice(2)) hub.leave(member)
    expect(await gathered).toEqual([['here'], ['here']])
  })

  it('has what workers left that are gone, each once, joined, and nothing of those that answer', async () => {
    const { all, hub, members } = buses(4)
    for (const [index, bus] of all.entries()) {
      bus.answer(WORDS, () => [`of ${index}`])
      bus.keep(WORDS, () => ['old'])
      bus.keep(WORDS, () => [`left by ${index}`])
    }
    expect(await all[0]?.gather(WORDS, 60_000)).toEqual([['of 0'], ['of 1'], ['of 2'], ['of 3']])
    for (const member of members.slice(2)) hub.leave(member)
    expect(await all[0]?.gather(WORDS, 60_000)).toEqual([['of 0'], ['of 1'], ['left by 2', 'left by 3']])
  })

  it('has what a worker left that does not answer, or goes meanwhile', async () => {
    const { all, hub, members } = buses(3)
    all[1]?.keep(WORDS, () => ['left by 1'])
    all[2]?.keep(WORDS, () => ['left by 2'])
    all[1]?.answer({ ...WORDS, name: 'other' }, () => [])
    all[0]?.answer(WORDS, () => ['of 0'])
    all[2]?.answer(WORDS, () => {
      // Its answer counts, and not what it leaves as well.
      setImmediate(() => hub.leave(members[2]!))
      return ['of 2']
    })
    expect(await all[0]?.gather(WORDS, 60_000)).toEqual([['of 0'], ['left by 1'], ['of 2']])
    await new Promise((resolve) => setImmediate(resolve))
    expect(await all[0]?.gather(WORDS, 60_000)).toEqual([['of 0'], ['left by 1'], ['left by 2']])
  })

  it('of a gateway that is one process has only its own answer', async () => {
    const bus = new LocalBus()
    expect(await bus.gather(WORDS, 0)).toEqual([])
    bus.answer(WORDS, () => ['alone'])
    expect(await bus.gather(WORDS, 0)).toEqual([['alone']])
  })
})
