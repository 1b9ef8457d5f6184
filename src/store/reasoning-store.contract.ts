import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ReasoningBounds, ReasoningStore } from '../reasoning/reasoning-store.ts'

export interface ReasoningStoreUnderTest {
  readonly store: ReasoningStore
  close(): Promise<void>
}

const HOUR = 3_600_000
const NOW = Date.now()
const USE = { now: NOW, ttl: HOUR }
const ROOM: ReasoningBounds = { max: 100, maxBytes: 1_000_000 }

const contentOf = (word: string): Buffer => Buffer.from(`\u0000\n"${word}"`)

/** What every store of reasoning has to do. `open` gives one that is empty. */
export function describeReasoningStore(name: string, open: () => Promise<ReasoningStoreUnderTest>): void {
  describe(`${name} as a store of reasoning`, () => {
    let opened: ReasoningStoreUnderTest
    let store: ReasoningStore

    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    /** The words that are found, in the order of their names. */
    async function found(names: readonly string[], now = NOW): Promise<readonly string[]> {
      const contents = await store.find(names, { now, ttl: HOUR })
      return names.flatMap((each) => {
        const content = contents.get(each)
        return content === undefined ? [] : [`${each} ${content.toString('latin1')}`]
      })
    }

    const put = async (word: string, bounds = ROOM, now = NOW): Promise<void> =>
      store.put({ name: word, content: contentOf(word) }, { now, ttl: HOUR }, bounds)

    it('gives back what was put in, byte for byte, and nothing else', async () => {
      for (const word of ['a', 'b', 'c']) await put(word)
      expect(await found(['c', 'x', 'a'])).toEqual(['c \u0000\n"c"', 'a \u0000\n"a"'])
      expect(await found([])).toEqual([])
    })

    it('has the newest under a name', async () => {
      await put('a')
      await store.put({ name: 'a', content: Buffer.from('new') }, USE, ROOM)
      expect(await found(['a'])).toEqual(['a new'])
    })

    it('forgets what it is told to, and has room for it again', async () => {
      await put('a')
      await put('b')
      await store.drop('a')
      await store.drop('never there')
      expect(await found(['a', 'b'])).toEqual(['b \u0000\n"b"'])
      const bounds = { max: 100, maxBytes: 2 * contentOf('a').length }
      await put('c', bounds)
      expect(await found(['b', 'c'])).toHaveLength(2)
    })

    it('ends what nobody asks for, and goes on with what somebody does', async () => {
      await put('a')
      await put('b')
      expect(await found(['a', 'b'], NOW + HOUR / 4)).toHaveLength(2)
      expect(await found(['a'], NOW + (3 * HOUR) / 4)).toHaveLength(1)
      // Put away what is over.
      await put('c', ROOM, NOW + (3 * HOUR) / 2)
      expect(await found(['a', 'b', 'c'], NOW + (3 * HOUR) / 2)).toEqual(['a \u0000\n"a"', 'c \u0000\n"c"'])
    })

    it('has room for so many, and the oldest go', async () => {
      for (const [index, word] of ['a', 'b', 'c', 'd'].entries()) await put(word, { ...ROOM, max: 3 }, NOW + index)
      expect(await found(['a', 'b', 'c', 'd'])).toHaveLength(3)
      expect(await found(['a'])).toEqual([])
      await put('b', { ...ROOM, max: 3 }, NOW + 9)
      expect(await found(['b', 'c', 'd'])).toHaveLength(3)
    })

    it('has room for so many bytes', async () => {
      const bytes = contentOf('a').length
      for (const [index, word] of ['a', 'b', 'c', 'd'].entries()) {
        await put(word, { max: 100, maxBytes: 2 * bytes }, NOW + index)
      }
      expect(await found(['a', 'b', 'c', 'd'])).toHaveLength(2)
      for (let times = 0; times < 5; times++) await put('d', { max: 100, maxBytes: 2 * bytes }, NOW + 5)
      expect(await found(['c', 'd'])).toHaveLength(2)
    })
  })
}
