import { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { Handover } from './handover.ts'

/** Workers that note what they are given, and say nothing. */
function takers(handover: Handover, count: number) {
  return Array.from({ length: count }, () => {
    const given: number[] = []
    const taker = { given, sendConnection: ({ id }: { readonly id: number }) => void given.push(id) }
    handover.join(taker)
    return taker
  })
}

describe('handing over', () => {
  it('goes round, and gives what a dead worker never took to the others', () => {
    const handover = new Handover()
    const [first, second] = takers(handover, 2)
    const sockets = Array.from({ length: 4 }, () => new Socket())
    for (const socket of sockets) handover.give(socket, 0)
    expect([first?.given, second?.given]).toEqual([
      [1, 3],
      [2, 4],
    ])
    handover.taken(1)
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, false, false, false])
    if (first !== undefined) handover.leave(first)
    expect(second?.given).toEqual([2, 4, 5])
  })

  it('keeps what comes while there is nobody for whoever comes next', () => {
    const handover = new Handover()
    handover.give(new Socket(), 0)
    expect(takers(handover, 1)[0]?.given).toEqual([1])
  })

  it('prefers who takes what it is given, and gives nothing at all to one that pauses', () => {
    const handover = new Handover()
    const [stuck, quick] = takers(handover, 2)
    for (let id = 1; id <= 6; id++) {
      handover.give(new Socket(), 0)
      for (const given of quick?.given ?? []) handover.taken(given)
    }
    expect([stuck?.given, quick?.given]).toEqual([[1], [2, 3, 4, 5, 6]])
    if (quick !== undefined) handover.pause(quick)
    handover.give(new Socket(), 0)
    if (stuck !== undefined) handover.pause(stuck)
    handover.give(new Socket(), 0)
    expect([stuck?.given, quick?.given]).toEqual([
      [1, 7],
      [2, 3, 4, 5, 6],
    ])
    // What came while all of them paused.
    if (quick !== undefined) handover.join(quick)
    expect(quick?.given.at(-1)).toBe(8)
  })

  it('gives again what never arrived, and what was taken after it once', async () => {
    const handover = new Handover()
    const [short, other] = takers(handover, 2)
    for (let count = 0; count < 4; count++) handover.give(new Socket(), 0)
    if (short !== undefined) handover.missed(short)
    for (const id of [2, 3, 4]) handover.taken(id)
    await vi.waitFor(() => expect([short?.given.slice(2), other?.given.slice(2)].flat()).toEqual([5]))
    handover.taken(5)
    await handover.empty()
  })
})
