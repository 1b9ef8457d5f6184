import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Answer, Json, OpenAnswer } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, generateOpen, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { EVERY_SPEAKER, PAIRS, SPEAKERS, wantsStream } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import type { Upstream, UpstreamReply } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

const COLD: Json = { temperature: 0 }

/** One call as the vendor sees it: it says nothing before the test does. */
interface Held {
  readonly reply: UpstreamReply
  readonly stream: boolean
}

interface Scene {
  readonly gateway: TestGateway
  readonly upstream: Upstream
  readonly client: Speaker
  readonly vendor: Speaker
  readonly model: string
  /** The next call that reaches the vendor. */
  readonly call: () => Promise<Held>
  readonly ask: (more?: Json, headers?: Readonly<Record<string, string>>) => Promise<Answer>
  readonly open: (headers?: Readonly<Record<string, string>>) => Promise<OpenAnswer>
  /** Resolves when so many requests have come to share their calls, since the start. */
  readonly shared: (leaders: number, followers: number) => Promise<void>
}

async function scene(
  { client, vendor }: { readonly client: Speaker; readonly vendor: Speaker },
  config: ConfigFile = {},
): Promise<Scene> {
  const held: Held[] = []
  const waiting: ((call: Held) => void)[] = []
  const upstream = await vendorOf((asked, reply) => {
    const call = { reply, stream: wantsStream(asked) }
    const next = waiting.shift()
    if (next === undefined) held.push(call)
    else next(call)
  })
  const gateway = await install({ providers: [provider('far', vendor, upstream.url)], ...config })
  const model = `far/${vendor.model}`
  return {
    gateway,
    upstream,
    client,
    vendor,
    model,
    call: async () => held.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    ask: (more = COLD, headers = {}) => generate(gateway, client, model, more, headers),
    open: (headers = {}) => generateOpen(gateway, client, model, COLD, headers),
    shared: (leaders, followers) =>
      coalescing(gateway, (now) => now['leaders'] === leaders && now['followers'] === followers),
  }
}

/** Asks for the figures until they fit. */
async function coalescing({ url }: TestGateway, fits: (now: Json) => boolean): Promise<void> {
  for (;;) {
    const { coalescing: now } = (await ask(`${url}/cache/stats`)).json() as { coalescing: Json }
    if (fits(now)) return
  }
}

async function answerWhole({ reply }: Held, vendor: Speaker, words: string): Promise<void> {
  await reply.answer(200, JSON.stringify(vendor.whole(words)))
}

async function begin({ reply }: Held, vendor: Speaker, words: string): Promise<void> {
  await reply.streamHead()
  for (const event of vendor.opening(words)) await reply.chunk(event)
}

async function finish({ reply }: Held, vendor: Speaker, words: string): Promise<void> {
  for (const event of vendor.rest(words)) await reply.chunk(event)
  await reply.lastChunk()
}

const untilEnd = (answer: OpenAnswer): Promise<string> =>
  answer.until(() => false).then((events) => events.map(({ text }) => text).join(''))

const ids = (answers: readonly Pick<Answer, 'headers'>[]): ReadonlySet<string | undefined> =>
  new Set(answers.map(({ headers }) => headers['request-id'] ?? headers['x-request-id']))

const byText = (one: string, other: string): number => one.localeCompare(other)

const shares = (answers: readonly Pick<Answer, 'headers'>[]): readonly string[] =>
  answers.map(({ headers }) => headers['x-ucr-cache'] ?? 'none').toSorted(byText)

describe('equal requests under way', () => {
  it('make one call and get one answer, a hundred of them', async () => {
    for (const pair of PAIRS) {
      const { gateway, upstream, vendor, call, ask: once, shared } = await scene(pair)
      const answers = Array.from({ length: 100 }, () => once())
      await shared(1, 99)
      await answerWhole(await call(), vendor, 'Said once.')
      const all = await Promise.all(answers)
      expect(upstream.requests).toHaveLength(1)
      expect(new Set(all.map(({ text }) => text)).size).toBe(1)
      expect(pair.client.wordsOf(all[0] ?? { text: '', events: [] })).toBe('Said once.')
      expect(ids(all).size).toBe(100)
      expect(shares(all)).toEqual([...Array.from({ length: 99 }, () => 'coalesced'), 'miss'])
      const records = await Promise.all(all.map(({ headers }) => recordOf(gateway, headers['request-id'])))
      expect(records.filter(({ billed }) => billed === true)).toHaveLength(1)
      expect(records.every(({ status, httpStatus }) => status === 'complete' && httpStatus === 200)).toBe(true)
      expect(new Set(records.map(({ outputTokens }) => outputTokens)).size).toBe(1)
      await coalescing(gateway, (now) => now['inFlight'] === 0)
    }
  })

  it('make one call and get one stream, a hundred of them', async () => {
    for (const pair of PAIRS) {
      const { upstream, vendor, call, ask: once, shared } = await scene(pair)
      const answers = Array.from({ length: 100 }, () => once({ ...COLD, stream: true }))
      await shared(1, 99)
      const one = await call()
      await begin(one, vendor, 'Said ')
      await finish(one, vendor, 'once.')
      const all = await Promise.all(answers)
      expect(upstream.requests).toHaveLength(1)
      expect(new Set(all.map(({ text }) => text)).size).toBe(1)
      expect(pair.client.wordsOf(all[0] ?? { text: '', events: [] })).toBe('Said once.')
      expect(ids(all).size).toBe(100)
      expect(shares(all)).toEqual([...Array.from({ length: 99 }, () => 'coalesced'), 'miss'])
    }
  })

  it('get a stream from its beginning when they come late', async () => {
    for (const pair of PAIRS) {
      const { upstream, vendor, call, open, shared } = await scene(pair)
      const early = open()
      const one = await call()
      await begin(one, vendor, 'Said before, ')
      const first = await early
      const before = await first.until(({ data }) => data.includes('Said before, '))
      const late = await open()
      await shared(1, 1)
      const seen = await late.until(({ data }) => data.includes('Said before, '))
      expect(seen.map(({ text }) => text)).toEqual(before.map(({ text }) => text))
      await finish(one, vendor, 'and after.')
      const rest = await Promise.all([untilEnd(first), untilEnd(late)])
      expect(rest[1]).toBe(rest[0])
      const text = before.map((event) => event.text).join('') + (rest[0] ?? '')
      expect(text).toContain('and after.')
      expect(upstream.requests).toHaveLength(1)
    }
  })

  it('stay apart where the one wants a stream and the other does not', async () => {
    const { upstream, vendor, call, ask: once } = await scene({ client: messages, vendor: messages })
    const whole = once()
    await answerLater(call(), vendor, 'Whole.')
    const streamed = once({ stream: true, temperature: 0, max_tokens: 7 })
    const one = await call()
    expect(one.stream).toBe(true)
    await begin(one, vendor, 'In ')
    await finish(one, vendor, 'pieces.')
    expect(messages.wordsOf(await whole)).toBe('Whole.')
    expect(messages.wordsOf(await streamed)).toBe('In pieces.')
    expect(upstream.requests).toHaveLength(2)
  })

  it('stay apart where they leave chance to the model', async () => {
    const { upstream, vendor, call, ask: once } = await scene({ client: messages, vendor: messages })
    const answers = [once({}), once({})]
    for (const words of ['One.', 'Two.']) await answerWhole(await call(), vendor, words)
    expect((await Promise.all(answers)).map((answer) => messages.wordsOf(answer)).toSorted()).toEqual(['One.', 'Two.'])
    expect(upstream.requests).toHaveLength(2)
  })

  it('stay apart where they are of two tenants', async () => {
    const keys = ['key-of-the-first-0123456789', 'key-of-the-second-0123456789']
    const {
      upstream,
      vendor,
      call,
      ask: once,
    } = await scene(
      { client: messages, vendor: messages },
      { auth: { keys: keys.map((key, index) => ({ name: `key ${index}`, key })) } },
    )
    const answers = keys.map((key) => once(COLD, { 'x-api-key': key }))
    const calls = [await call(), await call()]
    for (const [index, one] of calls.entries()) await answerWhole(one, vendor, `Answer ${index}.`)
    const all = await Promise.all(answers)
    expect(shares(all)).toEqual(['miss', 'miss'])
    expect(new Set(all.map(({ text }) => text)).size).toBe(2)
    expect(upstream.requests).toHaveLength(2)
  })

  it('stay apart where the config says so', async () => {
    const {
      upstream,
      vendor,
      call,
      ask: once,
    } = await scene({ client: messages, vendor: messages }, { cache: { coalesce: false } })
    const answers = [once(), once()]
    for (const words of ['One.', 'Two.']) await answerWhole(await call(), vendor, words)
    await Promise.all(answers)
    expect(upstream.requests).toHaveLength(2)
  })
})

async function answerLater(call: Promise<Held>, vendor: Speaker, words: string): Promise<void> {
  await answerWhole(await call, vendor, words)
}

/** All ways in which some of three leave, by their numbers; 0 is the one that made the call. */
const SOME = [[0], [1], [2], [0, 1], [0, 2], [1, 2]] as const

describe('clients that leave a shared stream', () => {
  it.each(SOME.map((who) => ({ who })))('disturb none of the others: $who', async ({ who }) => {
    for (const speaker of EVERY_SPEAKER) {
      const { gateway, upstream, vendor, client, call, open, shared } = await scene({
        client: speaker,
        vendor: speaker,
      })
      const opening = [open(), open(), open()]
      await shared(1, 2)
      const one = await call()
      await begin(one, vendor, 'Half an ')
      const answers = await Promise.all(opening)
      const before = await Promise.all(answers.map((answer) => answer.until(({ data }) => data.includes('Half an '))))
      for (const index of who) answers[index]?.leave()
      for (const index of who) {
        const record = await recordOf(gateway, answers[index]?.headers['request-id'])
        expect(record).toMatchObject({ status: 'client_closed', billed: false })
      }
      await finish(one, vendor, 'answer.')
      const stayed = answers.map((_, index) => index).filter((index) => !who.some((left) => left === index))
      const billed: unknown[] = []
      for (const index of stayed) {
        const answer = answers[index]
        if (answer === undefined) continue
        const events = [...(before[index] ?? []), ...(await answer.until(() => false))]
        expect(client.wordsOf({ text: '', events })).toBe('Half an answer.')
        billed.push((await recordOf(gateway, answer.headers['request-id']))['billed'])
      }
      expect(billed.filter(Boolean)).toHaveLength(1)
      expect(upstream.requests).toHaveLength(1)
    }
  })

  it('end the call when all of them have left', async () => {
    for (const pair of PAIRS) {
      const { gateway, vendor, call, open, shared } = await scene(pair)
      const opening = [open(), open(), open()]
      await shared(1, 2)
      const one = await call()
      await begin(one, vendor, 'Half an ')
      const answers = await Promise.all(opening)
      for (const answer of answers) answer.leave()
      await one.reply.closed
      const records = await Promise.all(answers.map(({ headers }) => recordOf(gateway, headers['request-id'])))
      expect(records.filter(({ billed }) => billed === true)).toHaveLength(1)
      await coalescing(gateway, (now) => now['inFlight'] === 0)
    }
  })

  it('end it before the vendor has said a word, too', async () => {
    const { gateway, call, upstream, model } = await scene({ client: messages, vendor: messages })
    const leaving = new AbortController()
    const asking = [0, 1, 2].map(() =>
      fetch(`${gateway.url}${messages.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...messages.headers },
        body: JSON.stringify(messages.request(model, COLD)),
        signal: leaving.signal,
      }).then(
        () => 'answered',
        () => 'left',
      ),
    )
    await coalescing(gateway, (now) => now['followers'] === 2)
    const one = await call()
    leaving.abort()
    expect(await Promise.all(asking)).toEqual(['left', 'left', 'left'])
    await one.reply.closed
    expect(upstream.requests).toHaveLength(1)
  })
})

describe('a shared call that fails', () => {
  it('before its first byte: everybody gets the error, in their own name', async () => {
    for (const pair of PAIRS) {
      for (const stream of [true, false]) {
        const { gateway, vendor, call, ask: once, shared } = await scene(pair, { retry: { attempts: 1 } })
        const answers = Array.from({ length: 5 }, () => once({ ...COLD, stream }))
        await shared(1, 4)
        await (await call()).reply.answer(500, JSON.stringify(vendor.error('Broken.')))
        const all = await Promise.all(answers)
        expect(new Set(all.map(({ status }) => status)).size).toBe(1)
        expect(all[0]?.status).toBeGreaterThanOrEqual(500)
        expect(ids(all).size).toBe(5)
        for (const { text, headers } of all) {
          const said = (JSON.parse(text) as Json)['request_id']
          if (said !== undefined) expect(said).toBe(headers['request-id'])
          expect(await recordOf(gateway, headers['request-id'])).toMatchObject({ status: 'failed' })
        }
      }
    }
  })

  it('in the middle of its stream: everybody sees it end in an error', async () => {
    for (const pair of PAIRS) {
      const { vendor, client, call, ask: once, shared } = await scene(pair)
      const answers = Array.from({ length: 5 }, () => once({ ...COLD, stream: true }))
      await shared(1, 4)
      const one = await call()
      await begin(one, vendor, 'Half an ')
      one.reply.reset()
      for (const answer of await Promise.all(answers)) {
        expect(answer.text).toContain('Half an ')
        expect(client.errorOf(answer)).toBeDefined()
        expect(answer.cut).toBe(false)
      }
    }
  })

  it('leaves nothing behind: the next one asks again', async () => {
    const {
      gateway,
      upstream,
      vendor,
      call,
      ask: once,
    } = await scene({ client: messages, vendor: messages }, { retry: { attempts: 1 } })
    const failing = once()
    await (await call()).reply.answer(500, JSON.stringify(vendor.error('Broken.')))
    expect((await failing).status).toBeGreaterThanOrEqual(500)
    const working = once()
    await answerWhole(await call(), vendor, 'Works.')
    expect(messages.wordsOf(await working)).toBe('Works.')
    expect(upstream.requests).toHaveLength(2)
    await coalescing(gateway, (now) => now['inFlight'] === 0)
  })
})

describe('a follower that does not read', () => {
  it('holds nobody else, and is cut off when it falls too far behind', async () => {
    const { upstream, call, open, shared, gateway } = await scene({ client: chat, vendor: chat })
    const opening = [open(), open()]
    await shared(1, 1)
    const one = await call()
    await begin(one, chat, 'The beginning.')
    const [reader, idler] = await Promise.all(opening)
    if (reader === undefined || idler === undefined) throw new Error('nobody was answered')
    const words = 'x'.repeat(64 * 1024)
    const [text = ''] = chat.opening(words).slice(-1)
    const reading = reader.until(() => false)
    // More than the gateway keeps for anybody, and than sockets hold.
    for (let n = 0; n < 400; n++) await one.reply.chunk(text)
    for (const event of chat.rest('The end.')) await one.reply.chunk(event)
    await one.reply.lastChunk()
    const read = (await reading).map((event) => event.text).join('')
    expect(read.length).toBeGreaterThan(400 * words.length)
    expect(read).toContain('The end.')
    expect(await recordOf(gateway, idler.headers['request-id'])).toMatchObject({ status: 'client_closed' })
    expect(upstream.requests).toHaveLength(1)
  })
})

describe('a stream that has outgrown what is kept of it', () => {
  it('is not joined any more: the next one makes its own call', async () => {
    const { upstream, vendor, call, open, ask: once } = await scene({ client: chat, vendor: chat })
    const early = open()
    const one = await call()
    await begin(one, chat, 'The beginning.')
    const [text = ''] = chat.opening('x'.repeat(64 * 1024)).slice(-1)
    const first = await early
    for (let n = 0; n < 40; n++) {
      await one.reply.chunk(text)
      await first.until(({ data }) => data.includes('xxx'))
    }
    const late = once({ ...COLD, stream: true })
    const two = await call()
    await begin(two, vendor, 'My ')
    await finish(two, vendor, 'own.')
    const answer = await late
    expect(answer.headers['x-ucr-cache']).toBe('miss')
    expect(chat.wordsOf(answer)).toBe('My own.')
    expect(upstream.requests).toHaveLength(2)
  })
})

describe('DELETE /cache', () => {
  it('ends sharing with what is under way, and the answer to that is not kept', async () => {
    const { gateway, upstream, vendor, call, ask: once, shared } = await scene({ client: messages, vendor: messages })
    const before = once()
    const old = await call()
    await shared(1, 0)
    await ask(`${gateway.url}/cache`, { method: 'DELETE' })
    const after = once()
    const fresh = await call()
    await answerWhole(fresh, vendor, 'Fresh.')
    expect(messages.wordsOf(await after)).toBe('Fresh.')
    await answerWhole(old, vendor, 'Old.')
    expect(messages.wordsOf(await before)).toBe('Old.')
    expect(messages.wordsOf(await once())).toBe('Fresh.')
    expect(upstream.requests).toHaveLength(2)
  })
})
