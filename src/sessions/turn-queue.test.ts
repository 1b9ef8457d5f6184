import { describe, expect, it } from 'vitest'
import { TurnQueue } from './turn-queue.ts'

describe('TurnQueue', () => {
  it('lets them in one after the other, in the order in which they came', async () => {
    const queue = new TurnQueue()
    const happened: string[] = []
    const work = async (name: string): Promise<void> => {
      const leave = await queue.enter('a')
      happened.push(`${name} begins`)
      await new Promise((resolve) => setImmediate(resolve))
      happened.push(`${name} ends`)
      leave()
    }
    await Promise.all(['1', '2', '3'].map(work))
    expect(happened).toEqual(['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends'])
    expect(queue.size).toBe(0)
  })

  it('keeps nobody waiting who wants something else', async () => {
    const queue = new TurnQueue()
    const leave = await queue.enter('a')
    const other = await queue.enter('b')
    expect(queue.size).toBe(2)
    leave()
    other()
    expect(queue.size).toBe(0)
  })
})
