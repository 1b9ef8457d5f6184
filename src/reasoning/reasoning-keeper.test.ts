import { createSecretKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Part, ReasoningPart } from '../canonical/content.ts'
import type { CanonicalRequest, Message } from '../canonical/request.ts'
import { toJsonText } from '../lib/json.ts'
import { MemoryReasoningStore } from '../store/memory/reasoning-store.ts'
import { ReasoningKeeper } from './reasoning-keeper.ts'
import type { ReasoningStore } from './reasoning-store.ts'
import { withReasoning } from './turn-reasoning.ts'

const REST = { cache: null, ext: null } as const
const ID = 'toolu_01A09q90qw90lq917835lq9A'

const text = (words: string): Part => ({
  kind: 'text',
  text: toJsonText(words),
  refusal: false,
  citations: null,
  ...REST,
})
const call = (id: string): Part => ({
  kind: 'tool-call',
  id,
  name: 'look',
  input: toJsonText({}),
  invalid: false,
  ...REST,
})
const sealed = (value: string): ReasoningPart => ({
  kind: 'reasoning',
  text: toJsonText('thought'),
  seal: { kind: 'signature', value, origin: { provider: 'anthropic', protocol: 'anthropic-messages', model: 'm' } },
  ...REST,
})

function requestOf(...messages: readonly (readonly [Message['role'], readonly Part[]])[]): CanonicalRequest {
  return {
    model: 'm',
    instructions: [],
    messages: messages.map(([role, parts]) => ({ role, parts, name: null, ext: null })),
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
    reasoning: { mode: 'on', budget: 2000, effort: null, display: null },
    outputFormat: null,
    stream: false,
    includeUsage: false,
    user: null,
    ext: null,
  }
}

function keeperWith(store: ReasoningStore, key = 1) {
  const failures: string[] = []
  const keeper = new ReasoningKeeper({
    store,
    settings: { ttl: 1000, max: 10, maxBytes: 1_000_000 },
    keys: { names: createSecretKey(Buffer.alloc(32, key)), contents: createSecretKey(Buffer.alloc(32, key + 1)) },
    now: () => 0,
    failed: (what) => failures.push(what),
  })
  return { keeper, failures }
}

const QUESTION = requestOf(['user', [text('Where?')]])
const TURN = [sealed('one'), text('I look.'), call(ID)]
const NEXT = requestOf(['user', [text('Where?')]], ['assistant', [text('I look.'), call(ID)]])

const partsOf = async (request: CanonicalRequest | Promise<CanonicalRequest>): Promise<readonly Part[] | undefined> =>
  (await request).messages[1]?.parts

describe('ReasoningKeeper', () => {
  it('gives a turn its reasoning back, to its tenant alone', async () => {
    const { keeper } = keeperWith(new MemoryReasoningStore())
    keeper.keep('me', QUESTION, TURN)
    expect(await partsOf(keeper.restore('me', NEXT))).toEqual(TURN)
    expect(await partsOf(keeper.restore('you', NEXT))).toEqual([text('I look.'), call(ID)])
    expect(keeper.counts()).toEqual({ kept: 1, restored: 1, missed: 1, failed: 0 })
  })

  it('takes nothing that another installation, or somebody who writes into the store, has put there', async () => {
    const store = new MemoryReasoningStore()
    keeperWith(store, 7).keeper.keep('me', QUESTION, TURN)
    const { keeper } = keeperWith(store)
    expect(await partsOf(keeper.restore('me', NEXT))).toHaveLength(2)
    keeper.keep('me', QUESTION, TURN)
    const moved: ReasoningStore = {
      prepare: () => {},
      put: () => {},
      drop: () => {},
      // What is kept under another name.
      find: (names) => new Map(names.map((name) => [name, Buffer.alloc(100, 3)])),
      close: () => {},
    }
    expect(await partsOf(keeperWith(moved).keeper.restore('me', NEXT))).toHaveLength(2)
  })

  it('knows short ids by the conversation that they are in', async () => {
    const { keeper } = keeperWith(new MemoryReasoningStore())
    keeper.keep('me', QUESTION, [sealed('one'), call('call_0')])
    const again = (words: string): CanonicalRequest =>
      requestOf(['user', [text(words)]], ['assistant', [call('call_0')]])
    expect(await partsOf(keeper.restore('me', again('Where?')))).toHaveLength(2)
    expect(await partsOf(keeper.restore('me', again('Who?')))).toHaveLength(1)
  })

  it('forgets what was thought before the same words, where they come without a thought', async () => {
    const { keeper } = keeperWith(new MemoryReasoningStore())
    const next = requestOf(['user', [text('Where?')]], ['assistant', [text('Here.')]])
    keeper.keep('me', QUESTION, [sealed('one'), text('Here.')])
    expect(await partsOf(keeper.restore('me', next))).toHaveLength(2)
    keeper.keep('me', QUESTION, [text('Here.')])
    expect(await partsOf(keeper.restore('me', next))).toHaveLength(1)
  })

  it('looks for turns without a call only where reasoning is asked for', async () => {
    const { keeper } = keeperWith(new MemoryReasoningStore())
    keeper.keep('me', QUESTION, [sealed('one'), text('Here.')])
    keeper.keep('me', QUESTION, TURN)
    const next = { ...requestOf(['user', [text('Where?')]], ['assistant', [text('Here.')]]), reasoning: null }
    expect(await partsOf(keeper.restore('me', next))).toHaveLength(1)
    expect(await partsOf(keeper.restore('me', { ...NEXT, reasoning: null }))).toHaveLength(3)
  })

  it('keeps nothing of an answer without a seal', () => {
    const { keeper } = keeperWith(new MemoryReasoningStore())
    keeper.keep('me', QUESTION, [{ ...sealed(''), seal: null }, call(ID)])
    expect(keeper.counts().kept).toBe(0)
  })

  it.each([
    ['throws', (): never => fail()],
    ['rejects', async (): Promise<never> => fail()],
  ])('goes on without a store that %s', async (_, step) => {
    const { keeper, failures } = keeperWith({ prepare: () => {}, put: step, drop: step, find: step, close: () => {} })
    keeper.keep('me', QUESTION, TURN)
    expect(await partsOf(keeper.restore('me', NEXT))).toHaveLength(2)
    expect(failures).toHaveLength(2)
    expect(keeper.counts()).toMatchObject({ kept: 0, failed: 2 })
  })
})

function fail(): never {
  throw new Error('gone')
}

describe('withReasoning()', () => {
  it('puts it in front of what it led to, also where the client has moved its words', () => {
    const kept = [sealed('1'), text(''), sealed('2'), call('a'), sealed('3'), call('b'), sealed('4')]
    expect(withReasoning([text('words'), call('a'), call('b')], kept)).toEqual([
      sealed('1'),
      text('words'),
      sealed('2'),
      call('a'),
      sealed('3'),
      call('b'),
      sealed('4'),
    ])
  })
})
