import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type {
  ListRequest,
  NewSession,
  OwnedListRequest,
  SessionKey,
  SessionStore,
  StoredTurn,
  Use,
} from '../sessions/session-store.ts'

/** One store under test, and what it takes to close and open it again. */
export interface StoreUnderTest {
  readonly store: SessionStore
  close(): Promise<void>
}

const HOUR = 3_600_000
const START = 1_800_000_000_000
const MANY = 1000

const mine: SessionKey = { tenant: 'key_a', id: 'talk' }
const theirs: SessionKey = { tenant: 'key_b', id: 'talk' }

const at = (minutes: number): Use => ({ now: START + minutes * 60_000, ttl: HOUR })
const named = (id: string, tenant = 'key_a'): SessionKey => ({ tenant, id })
const page = (minutes: number, more: Partial<ListRequest> = {}): ListRequest => ({
  now: at(minutes).now,
  limit: 10,
  after: null,
  ...more,
})

function turn(content: string | Buffer, messages = 2): StoredTurn {
  const bytes = Buffer.from(content)
  return { messages, bytes: bytes.length * 10, content: bytes }
}

function session(more: Partial<NewSession> = {}): NewSession {
  return { details: '{"title":"first"}', opening: Buffer.from('be brief'), turns: [], ...more }
}

/** What every store of sessions has to do. `open` gives one that is empty. */
export function describeSessionStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store of sessions`, () => {
    let opened: StoreUnderTest
    let store: SessionStore

    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    const contentsOf = async (key: SessionKey, minutes: number): Promise<readonly string[] | null> => {
      const read = await store.read(key, at(minutes))
      return read?.turns.map(({ content }) => content.toString()) ?? null
    }
    const listedIds = async (tenant: string, minutes: number): Promise<readonly string[]> =>
      (await store.list(tenant, page(minutes, { limit: MANY }))).sessions.map(({ id }) => id)

    it('gives back what was put in, byte for byte', async () => {
      const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
      const made = session({
        details: '{"title":"ü \\" 𝄞"}',
        opening: everyByte,
        turns: [turn(everyByte, 3), turn('b')],
      })
      expect(await store.create(mine, made, at(0), MANY)).toEqual({ kind: 'created', evicted: 0 })
      expect(await store.read(mine, at(1))).toEqual({
        record: {
          id: 'talk',
          created: at(0).now,
          lastUsed: at(1).now,
          expires: at(61).now,
          version: 1,
          details: '{"title":"ü \\" 𝄞"}',
          messages: 5,
          bytes: 2570,
        },
        opening: everyByte,
        turns: [turn(everyByte, 3), turn('b')],
      })
    })

    it('makes a session once', async () => {
      await store.create(mine, session({ turns: [turn('kept')] }), at(0), MANY)
      expect(await store.create(mine, session(), at(1), MANY)).toEqual({ kind: 'exists' })
      expect(await contentsOf(mine, 2)).toEqual(['kept'])
    })

    it('knows nothing of the sessions of others', async () => {
      await store.create(mine, session({ turns: [turn('mine')] }), at(0), MANY)
      expect(await store.read(theirs, at(1))).toBeNull()
      expect(await store.change(theirs, { version: 1, turn: turn('x') }, at(1))).toBe('absent')
      expect(await store.delete(theirs, at(1).now)).toBe(false)
      expect(await store.list('key_b', page(1))).toEqual({ sessions: [], total: 0 })
      await store.create(theirs, session({ turns: [turn('theirs')] }), at(1), MANY)
      expect([await contentsOf(mine, 2), await contentsOf(theirs, 2)]).toEqual([['mine'], ['theirs']])
    })

    it.each([
      ['an id with separators', { tenant: 'a', id: 'b:c' }, { tenant: 'a:b', id: 'c' }],
      ['an id with braces', { tenant: 'a', id: '}x{' }, { tenant: 'a}x', id: '{' }],
      ['an id with a pattern', { tenant: 'a', id: '*' }, { tenant: 'a', id: 'b' }],
    ])('keeps apart %s', async (_, one, other) => {
      await store.create(one, session({ turns: [turn('one')] }), at(0), MANY)
      expect(await store.read(other, at(1))).toBeNull()
      await store.create(other, session({ turns: [turn('other')] }), at(1), MANY)
      expect([await contentsOf(one, 2), await contentsOf(other, 2)]).toEqual([['one'], ['other']])
    })

    it('appends turns in order, and counts what they hold', async () => {
      await store.create(mine, session(), at(0), MANY)
      expect(await store.change(mine, { version: 1, turn: turn('one', 2) }, at(1))).toBe('changed')
      expect(await store.change(mine, { version: 2, turn: turn('three', 4) }, at(2))).toBe('changed')
      expect(await contentsOf(mine, 3)).toEqual(['one', 'three'])
      expect((await store.read(mine, at(3)))?.record).toMatchObject({ version: 3, messages: 6, bytes: 80 })
    })

    it('changes nothing of a session that somebody else has changed', async () => {
      await store.create(mine, session(), at(0), MANY)
      await store.change(mine, { version: 1, turn: turn('first') }, at(1))
      const late = { version: 1, turn: turn('second'), details: '{}', opening: Buffer.from('x'), drop: 1 }
      expect(await store.change(mine, late, at(2))).toBe('conflict')
      expect(await store.read(mine, at(3))).toMatchObject({
        record: { version: 2, details: '{"title":"first"}', messages: 2 },
        opening: Buffer.from('be brief'),
        turns: [turn('first')],
      })
    })

    it('lets one of many win who change it at once', async () => {
      await store.create(mine, session(), at(0), MANY)
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          store.change(mine, { version: 1, turn: turn(`turn ${index}`) }, at(1)),
        ),
      )
      expect(results.filter((result) => result === 'changed')).toHaveLength(1)
      expect(await contentsOf(mine, 2)).toEqual([`turn ${results.indexOf('changed')}`])
    })

    it('lets one of many win who make it at once', async () => {
      const results = await Promise.all(Array.from({ length: 20 }, () => store.create(mine, session(), at(0), MANY)))
      expect(results.filter(({ kind }) => kind === 'created')).toHaveLength(1)
      expect(await store.totals(at(1).now)).toMatchObject({ total: 1 })
    })

    it('lists those of everybody, the last used first, without those whose time is over', async () => {
      await store.create(named('a'), session({ turns: [turn('words', 3)] }), at(0), MANY)
      await store.create(named('b', 'key_b'), session(), at(1), MANY)
      await store.create(named('c', 'key_c'), session(), at(2), MANY)
      await store.read(named('a'), at(3))
      const listed = await store.listAll({ now: at(4).now, limit: 10, after: null })
      expect(listed.map(({ tenant, id }) => `${tenant}/${id}`)).toEqual(['key_a/a', 'key_c/c', 'key_b/b'])
      expect(listed[0]).toEqual({
        tenant: 'key_a',
        id: 'a',
        created: at(0).now,
        lastUsed: at(3).now,
        expires: at(63).now,
        version: 1,
        details: '{"title":"first"}',
        messages: 3,
        bytes: 50,
      })
      const later = await store.listAll({ now: at(61.5).now, limit: 10, after: null })
      expect(later.map(({ id }) => id)).toEqual(['a', 'c'])
    })

    it('lists those of everybody page by page, also where they end at the same time', async () => {
      const tenants = ['key_a', 'key_b', 'a:b', 'key_ü']
      for (const tenant of tenants) {
        for (let count = 0; count < 30; count++) await store.create(named(`t:${count}`, tenant), session(), at(0), MANY)
      }
      const seen: string[] = []
      for (let after: OwnedListRequest['after'] = null; ;) {
        const found = await store.listAll({ now: at(1).now, limit: 7, after })
        seen.push(...found.map(({ tenant, id }) => `${tenant}/${id}`))
        const last = found.at(-1)
        if (last === undefined) break
        after = last
      }
      expect(seen).toHaveLength(120)
      expect(new Set(seen).size).toBe(120)
    })

    it('drops the oldest turns', async () => {
      await store.create(mine, session({ turns: [turn('a'), turn('b'), turn('c')] }), at(0), MANY)
      await store.change(mine, { version: 1, turn: turn('d', 3), drop: 2 }, at(1))
      expect(await contentsOf(mine, 2)).toEqual(['c', 'd'])
      await store.change(mine, { version: 2, turn: turn('e', 1), drop: 2 }, at(3))
      expect(await contentsOf(mine, 4)).toEqual(['e'])
      expect((await store.read(mine, at(4)))?.record).toMatchObject({ messages: 1, bytes: 10 })
    })

    it('changes details and system prompt, each by itself', async () => {
      await store.create(mine, session({ turns: [turn('a')] }), at(0), MANY)
      await store.change(mine, { version: 1, details: '{"title":"second"}' }, at(1))
      await store.change(mine, { version: 2, opening: Buffer.from('be long') }, at(2))
      expect(await store.read(mine, at(3))).toMatchObject({
        record: { version: 3, details: '{"title":"second"}', messages: 2 },
        opening: Buffer.from('be long'),
        turns: [turn('a')],
      })
    })

    it('deletes', async () => {
      await store.create(mine, session({ turns: [turn('a')] }), at(0), MANY)
      expect(await store.delete(mine, at(1).now)).toBe(true)
      expect(await store.delete(mine, at(1).now)).toBe(false)
      expect(await store.read(mine, at(1))).toBeNull()
      await store.create(mine, session(), at(2), MANY)
      expect(await contentsOf(mine, 3)).toEqual([])
    })

    it('begins the time of a session anew with each use', async () => {
      await store.create(mine, session(), at(0), MANY)
      expect(await store.read(mine, at(59))).not.toBeNull()
      expect(await store.change(mine, { version: 1, turn: turn('a') }, at(118))).toBe('changed')
      expect(await store.read(mine, at(177))).not.toBeNull()
      expect(await store.read(mine, at(237))).toBeNull()
    })

    it('begins no time anew by listing and counting', async () => {
      await store.create(mine, session(), at(0), MANY)
      await store.list('key_a', page(59))
      await store.count('key_a', at(59).now)
      expect(await store.read(mine, at(60))).toBeNull()
    })

    it('begins its time anew with many small uses too', async () => {
      await store.create(mine, session(), at(0), MANY)
      for (let minutes = 0.5; minutes <= 100; minutes += 0.5) {
        expect(await store.read(mine, at(minutes)), `after ${minutes} minutes`).not.toBeNull()
      }
      expect(await store.change(mine, { version: 1, turn: turn('a') }, at(158.9))).toBe('changed')
      expect(await store.read(mine, at(217.8))).not.toBeNull()
    })

    it('is looked at without being used', async () => {
      await store.create(mine, session({ turns: [turn('a')] }), at(0), MANY)
      expect(await store.look(mine, at(59).now)).toMatchObject({
        record: { lastUsed: at(0).now, messages: 2 },
        opening: Buffer.from('be brief'),
        turns: [turn('a')],
      })
      expect(await store.look(theirs, at(59).now)).toBeNull()
      expect(await store.look(mine, at(60).now)).toBeNull()
      expect(await store.read(mine, at(60))).toBeNull()
    })

    it('has no session whose time is over', async () => {
      await store.create(mine, session({ turns: [turn('old')] }), at(0), MANY)
      expect(await store.change(mine, { version: 1, turn: turn('x') }, at(60))).toBe('absent')
      expect(await store.list('key_a', page(60))).toEqual({ sessions: [], total: 0 })
      expect(await store.delete(mine, at(60).now)).toBe(false)
      expect(await store.create(mine, session(), at(61), MANY)).toEqual({ kind: 'created', evicted: 0 })
      expect((await store.read(mine, at(62)))?.record).toMatchObject({ version: 1, created: at(61).now, messages: 0 })
    })

    it('sweeps what is over, and nothing else', async () => {
      await store.create(named('old'), session({ turns: [turn('a')] }), at(0), MANY)
      await store.create(named('old', 'key_b'), session(), at(0), MANY)
      await store.create(named('young'), session({ turns: [turn('b')] }), at(30), MANY)
      await store.sweep(at(59).now)
      expect(await store.totals(at(59).now)).toEqual({ total: 3, active: 3 })
      await store.sweep(at(60).now)
      expect(await store.totals(at(60).now)).toEqual({ total: 1, active: 1 })
      expect(await store.count('key_a', at(60).now)).toMatchObject({ total: 1, messages: 2, oldest: at(30).now })
      expect(await contentsOf(named('young'), 61)).toEqual(['b'])
    })

    it('sweeps many', async () => {
      for (let index = 0; index < 250; index++) await store.create(named(`s${index}`), session(), at(0), MANY)
      expect(await store.sweep(at(60).now)).toBe(250)
      expect((await store.totals(at(60).now)).total).toBe(0)
    })

    it('counts those of one tenant, and all', async () => {
      expect(await store.count('key_a', at(0).now)).toEqual({ total: 0, active: 0, messages: 0, oldest: null })
      await store.create(named('one'), session({ turns: [turn('a', 3)] }), at(0), MANY)
      await store.create(named('two'), session({ turns: [turn('a', 4)] }), at(1), MANY)
      await store.create(theirs, session({ turns: [turn('a', 5)] }), at(2), MANY)
      expect(await store.count('key_a', at(3).now)).toEqual({ total: 2, active: 2, messages: 7, oldest: at(0).now })
      expect(await store.totals(at(3).now)).toEqual({ total: 3, active: 3 })
      expect(await store.count('key_a', at(60).now)).toEqual({ total: 2, active: 1, messages: 4, oldest: at(1).now })
      expect(await store.totals(at(60).now)).toEqual({ total: 3, active: 2 })
    })

    it('lists the newest first, page by page, whatever was used meanwhile', async () => {
      // Two were made in the same millisecond.
      for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries()) {
        await store.create(named(id), session(), at(Math.min(index, 3)), MANY)
      }
      const first = await store.list('key_a', page(5, { limit: 2 }))
      expect(first).toMatchObject({ sessions: [{ id: 'e' }, { id: 'd' }], total: 5 })
      await store.read(named('a'), at(6))
      const second = await store.list('key_a', page(7, { limit: 2, after: first.sessions[1] ?? null }))
      expect(second).toMatchObject({ sessions: [{ id: 'c' }, { id: 'b' }], total: 5 })
      const third = await store.list('key_a', page(8, { limit: 2, after: second.sessions[1] ?? null }))
      expect(third).toMatchObject({ sessions: [{ id: 'a' }], total: 5 })
    })

    it('lets the least recently used go where there is no more room', async () => {
      for (const [index, id] of ['a', 'b', 'c'].entries()) await store.create(named(id), session(), at(index), 3)
      await store.read(named('a'), at(10))
      expect(await store.create(named('d'), session(), at(11), 3)).toEqual({ kind: 'created', evicted: 1 })
      expect(await listedIds('key_a', 12)).toEqual(['d', 'c', 'a'])
    })

    it('lets those go first whose time is over, and does not call it eviction', async () => {
      await store.create(named('over'), session(), at(0), 2)
      await store.create(named('b'), session(), at(50), 2)
      expect(await store.create(named('c'), session(), at(61), 2)).toEqual({ kind: 'created', evicted: 0 })
      expect(await listedIds('key_a', 62)).toEqual(['c', 'b'])
    })

    it('takes the room from whoever has the most', async () => {
      await store.create(theirs, session(), at(0), 4)
      for (const [index, id] of ['a', 'b', 'c'].entries()) await store.create(named(id), session(), at(index + 1), 4)
      expect(await store.create(named('d'), session(), at(5), 4)).toEqual({ kind: 'created', evicted: 1 })
      expect(await listedIds('key_b', 6)).toEqual(['talk'])
      expect(await listedIds('key_a', 6)).toEqual(['d', 'c', 'b'])
    })

    it('takes the least recently used where all have as many', async () => {
      await store.create(named('x', 'key_1'), session(), at(2), 3)
      await store.create(named('x', 'key_2'), session(), at(1), 3)
      await store.create(named('x', 'key_3'), session(), at(3), 3)
      await store.create(named('x', 'key_4'), session(), at(4), 3)
      const left = await Promise.all([1, 2, 3, 4].map((number) => listedIds(`key_${number}`, 5)))
      expect(left).toEqual([['x'], [], ['x'], ['x']])
    })

    it('is held by one at a time, as long as that one says', async () => {
      expect(await store.hold(mine, 'a', at(0))).toBe(true)
      expect(await store.hold(mine, 'b', at(1))).toBe(false)
      expect(await store.hold(theirs, 'b', at(1))).toBe(true)
      expect(await store.hold(mine, 'a', at(30))).toBe(true)
      expect(await store.hold(mine, 'b', at(61))).toBe(false)
      expect(await store.hold(mine, 'b', at(90))).toBe(true)
      expect(await store.hold(mine, 'a', at(91))).toBe(false)
    })

    it('is held by the next one when it is released, by whoever has it', async () => {
      await store.hold(mine, 'a', at(0))
      await store.release(mine, 'b')
      expect(await store.hold(mine, 'b', at(1))).toBe(false)
      await store.release(mine, 'a')
      expect(await store.hold(mine, 'b', at(1))).toBe(true)
    })

    it('lets one of many win who want to hold it at once', async () => {
      const holders = Array.from({ length: 20 }, (_, index) => `holder ${index}`)
      const held = await Promise.all(holders.map((holder) => store.hold(mine, holder, at(0))))
      expect(held.filter(Boolean)).toHaveLength(1)
    })

    it('is changed by nobody else while it is held, where the change asks for that', async () => {
      await store.create(mine, session(), at(0), MANY)
      await store.hold(mine, 'a', at(0))
      expect(await store.change(mine, { version: 1, turn: turn('x'), holder: 'b' }, at(1))).toBe('held')
      expect(await store.change(mine, { version: 1, turn: turn('mine'), holder: 'a' }, at(2))).toBe('changed')
      expect(await store.change(mine, { version: 2, turn: turn('whoever') }, at(3))).toBe('changed')
      await store.release(mine, 'a')
      expect(await store.change(mine, { version: 3, turn: turn('free'), holder: 'b' }, at(4))).toBe('changed')
      await store.hold(mine, 'a', at(5))
      expect(await store.change(mine, { version: 4, turn: turn('over'), holder: 'b' }, at(65))).toBe('absent')
      expect(await contentsOf(mine, 6)).toEqual(['mine', 'whoever', 'free'])
    })

    it('makes room on demand', async () => {
      for (const [index, id] of ['a', 'b', 'c'].entries()) await store.create(named(id), session(), at(index), MANY)
      expect(await store.evict(2)).toBe(2)
      expect(await listedIds('key_a', 5)).toEqual(['c'])
      expect(await store.evict(5)).toBe(1)
      expect(await store.evict(5)).toBe(0)
    })
  })
}
