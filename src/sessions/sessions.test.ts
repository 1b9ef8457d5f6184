import { describe, expect, it } from 'vitest'
import type { TextPart } from '../canonical/content.ts'
import type { CanonicalRequest, Message } from '../canonical/request.ts'
import { decodeJsonString, stringToJson } from '../lib/json.ts'
import { MemorySessionStore } from '../store/memory/session-store.ts'
import { NO_DETAILS, messagesOf } from './session.ts'
import { Sessions } from './sessions.ts'
import type { SessionSettings } from './settings.ts'

const KEY = { tenant: 'key_a', id: 'talk' }
const HOUR = 3_600_000
const SETTINGS: SessionSettings = {
  ttl: HOUR,
  max: 1000,
  sweepInterval: HOUR,
  maxMessages: 1000,
  maxBytes: 1_000_000,
  memoryThreshold: 0.8,
  compression: true,
}

/** Several processes that share one store, and a clock that stands until it is moved. */
class World {
  now = 1_800_000_000_000
  memoryShare = 0
  readonly failures: unknown[] = []
  readonly store = new MemorySessionStore()

  process(settings: Partial<SessionSettings> = {}): Sessions {
    return new Sessions({
      store: this.store,
      settings: { ...SETTINGS, ...settings },
      holder: 'test',
      now: () => this.now,
      memoryShare: () => this.memoryShare,
      failed: (_, cause) => this.failures.push(cause),
    })
  }
}

const text = (words: string): TextPart => ({
  kind: 'text',
  text: stringToJson(words),
  refusal: false,
  citations: null,
  cache: null,
  ext: null,
})
const user = (words: string): Message => ({ role: 'user', parts: [text(words)], name: null, ext: null })

function request(...messages: readonly Message[]): CanonicalRequest {
  return {
    model: 'm',
    instructions: [],
    messages,
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    maxOutputTokens: null,
    sampling: {
      temperature: null,
      topP: null,
      topK: null,
      presencePenalty: null,
      frequencyPenalty: null,
      seed: null,
    },
    stop: [],
    reasoning: null,
    outputFormat: null,
    stream: false,
    includeUsage: true,
    user: null,
    ext: null,
  }
}

function wordsOf(messages: readonly Message[]): readonly string[] {
  return messages.flatMap(({ parts }) =>
    parts.map((part) => (part.kind === 'text' ? decodeJsonString(part.text) : part.kind)),
  )
}

/** One request and its answer. */
async function talk(sessions: Sessions, question: string, answer: string, meanwhile?: () => Promise<unknown>) {
  const visit = await sessions.enter(KEY)
  await visit.begin('ann', 'm')
  const sent = visit.continued(request(user(question)))
  await meanwhile?.()
  visit.answered([text(answer)])
  await visit.settle()
  visit.leave()
  return wordsOf(sent.messages)
}

async function kept(sessions: Sessions): Promise<readonly string[] | null> {
  const session = await sessions.read(KEY)
  return session === null ? null : wordsOf(messagesOf(session))
}

describe('Sessions', () => {
  it('adds a turn behind what another process has added meanwhile', async () => {
    const world = new World()
    const [one, other] = [world.process(), world.process()]
    await talk(one, 'a?', 'a!')
    const sent = await talk(one, 'b?', 'b!', () => talk(other, 'c?', 'c!'))
    expect(sent).toEqual(['a?', 'a!', 'b?'])
    expect(await kept(one)).toEqual(['a?', 'a!', 'c?', 'c!', 'b?', 'b!'])
  })

  it('adds a turn to a session whose title has changed meanwhile', async () => {
    const sessions = new World().process()
    await talk(sessions, 'a?', 'a!')
    await talk(sessions, 'b?', 'b!', () => sessions.describe(KEY, { title: 'New' }, null))
    expect(await sessions.read(KEY)).toMatchObject({ details: { title: 'New' }, record: { messages: 4 } })
  })

  it('makes no session again that was deleted meanwhile', async () => {
    const sessions = new World().process()
    await talk(sessions, 'a?', 'a!')
    await talk(sessions, 'b?', 'b!', () => sessions.delete(KEY))
    expect(await kept(sessions)).toBeNull()
  })

  it('leaves behind only what it has seen', async () => {
    const world = new World()
    const [one, other] = [world.process(), world.process()]
    await talk(one, 'a?', 'a!')
    await talk(one, 'b?', 'b!')
    const visit = await one.enter(KEY)
    const answer: Message = { role: 'assistant', parts: [text('a!')], name: null, ext: null }
    visit.continued(request(user('a?'), answer, user('other?')))
    await talk(other, 'c?', 'c!')
    visit.answered([text('other!')])
    await visit.settle()
    visit.leave()
    expect(await kept(one)).toEqual(['a?', 'a!', 'b?', 'b!', 'c?', 'c!', 'other?', 'other!'])
  })

  it('keeps no prompt cache marks of earlier turns', async () => {
    const sessions = new World().process()
    const visit = await sessions.enter(KEY)
    await visit.begin('ann', 'm')
    const marked: Message = { ...user('a'), parts: [{ ...text('a'), cache: { ttl: null } }] }
    expect(visit.continued(request(marked)).messages).toEqual([marked])
    visit.answered([])
    await visit.settle()
    visit.leave()
    const session = await sessions.read(KEY)
    expect(session?.turns.map(({ messages }) => messages)).toEqual([[user('a')]])
  })

  it('lets those in memory go that were used least recently, before it is full', async () => {
    const world = new World()
    const sessions = world.process()
    const make = (index: number) =>
      sessions.create({ tenant: 'key_a', id: `s${index}` }, { details: NO_DETAILS, instructions: [] })
    for (let index = 0; index < 20; index++, world.now++) await make(index)
    expect(sessions.events.evicted).toBe(0)
    world.memoryShare = 0.81
    await make(20)
    expect(sessions.events).toMatchObject({ created: 21, evicted: 2 })
    expect(await sessions.read({ tenant: 'key_a', id: 's1' })).toBeNull()
    expect(await sessions.read({ tenant: 'key_a', id: 's2' })).not.toBeNull()
    // Memory is not free at once.
    await make(21)
    expect(sessions.events.evicted).toBe(2)
    world.now += 1000
    await make(22)
    expect(sessions.events.evicted).toBe(4)
  })

  it('takes new settings at once', async () => {
    const world = new World()
    const sessions = world.process()
    sessions.adopt({ ...SETTINGS, ttl: 1000, maxMessages: 2 })
    await talk(sessions, 'a?', 'a!')
    await talk(sessions, 'b?', 'b!')
    expect(await kept(sessions)).toEqual(['b?', 'b!'])
    world.now += 1000
    expect(await kept(sessions)).toBeNull()
  })
})
