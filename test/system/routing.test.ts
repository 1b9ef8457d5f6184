import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import { explained, provider, vendorOf, install, generate } from '../support/install.ts'
import { EVERY_SPEAKER, SPEAKERS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { foundTown } from '../support/town.ts'
import type { Town, Way } from '../support/town.ts'
import type { UpstreamScript } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

const CLAUDES = { type: 'anthropic', models: ['claude-sonnet-5', 'claude-opus-5-5', 'claude-haiku-5-5'] }
const GPTS = { type: 'openai', models: ['gpt-5.5', 'gpt-5.5-mini'], defaultModel: 'gpt-5.5' }

const short = ({ reason, told, went }: Way): readonly unknown[] => {
  // What the reply says is where it went.
  expect(told).toBe(went)
  return [reason, went]
}

describe.each(EVERY_SPEAKER)('a name that $type clients ask for', (client) => {
  it.each([
    ['gpt/gpt-5.5-mini', 'model:gpt/gpt-5.5-mini', 'gpt/gpt-5.5-mini'],
    ['work/claude-opus-5-5', 'model:work/claude-opus-5-5', 'work/claude-opus-5-5'],
    ['gpt/of/many/parts', 'model:gpt/of/many/parts', 'gpt/of/many/parts'],
    ['claude-sonnet-5', 'model:claude-sonnet-5', 'work/claude-sonnet-5'],
    ['gpt-5.5-mini', 'model:gpt-5.5-mini', 'gpt/gpt-5.5-mini'],
    ['sonnet', 'alias:sonnet', 'work/claude-sonnet-5'],
    ['opus', 'alias:opus', 'work/claude-opus-5-5'],
    ['haiku', 'alias:haiku', 'work/claude-haiku-5-5'],
    ['claude-sonnet-5[1m]', 'model:claude-sonnet-5', 'work/claude-sonnet-5'],
    ['gpt', 'provider:gpt', 'gpt/gpt-5.5'],
  ])('%s goes where it should, and comes back under the same name', async (name, reason, place) => {
    const town = await foundTown({ work: CLAUDES, gpt: GPTS })
    for (const stream of [false, true]) {
      const way = await town.route(client, name, { stream })
      expect(short(way)).toEqual([reason, place])
      expect(client.wordsOf(way.answer)).toBe('Hello')
      // Where the vendor was asked by the same name, its own spelling of it may come back.
      if (!place.endsWith(`/${name}`)) expect(way.answer.text).toContain(`"model":${JSON.stringify(name)}`)
    }
  })

  it('and nobody has goes to the provider that speaks its protocol, or to router.default', async () => {
    const town = await foundTown({ gpt: GPTS, work: CLAUDES })
    const own = client === messages ? 'work/claude-sonnet-5' : 'gpt/gpt-5.5'
    expect(short(await town.route(client, 'mystery'))).toEqual(['default', own])
    const other = await foundTown({ gpt: GPTS, work: CLAUDES }, { router: { default: 'gpt/gpt-5.5-mini' } })
    expect(short(await other.route(client, 'mystery'))).toEqual(['default', 'gpt/gpt-5.5-mini'])
    // The client's own choice comes first.
    expect(short(await other.route(client, 'claude-opus-5-5'))).toEqual([
      'model:claude-opus-5-5',
      'work/claude-opus-5-5',
    ])
  })

  it('with a table: exact names first, then patterns in order, and nothing else', async () => {
    const town = await foundTown(
      { work: CLAUDES, gpt: GPTS },
      {
        models: {
          'claude-*': ['work/*', 'gpt/gpt-5.5'],
          fast: 'gpt/gpt-5.5-mini',
          'claude-opus-5-5': 'gpt/gpt-5.5',
          '*-any': 'gpt',
        },
      },
    )
    expect(short(await town.route(client, 'fast'))).toEqual(['alias:fast', 'gpt/gpt-5.5-mini'])
    expect(short(await town.route(client, 'claude-sonnet-5'))).toEqual(['pattern:claude-*', 'work/claude-sonnet-5'])
    expect(short(await town.route(client, 'claude-haiku-5-5'))).toEqual(['pattern:claude-*', 'work/claude-haiku-5-5'])
    expect(short(await town.route(client, 'claude-opus-5-5'))).toEqual(['alias:claude-opus-5-5', 'gpt/gpt-5.5'])
    expect(short(await town.route(client, 'claude-any'))).toEqual(['pattern:claude-*', 'work/claude-any'])
    expect(short(await town.route(client, 'whatever-any'))).toEqual(['pattern:*-any', 'gpt/gpt-5.5'])
    expect(short(await town.route(client, 'sonnet'))).toEqual(['pattern:claude-*', 'work/claude-sonnet-5'])
    const unknown = await town.route(client, 'gpt/gpt-5.5')
    expect([unknown.status, unknown.went]).toEqual([404, null])
  })

  it('and whose route falls back: the star carries its name, and the fallback has its own', async () => {
    const town = await foundTown(
      { work: CLAUDES, gpt: GPTS },
      { models: { 'claude-*': ['work/*', 'gpt/gpt-5.5'] }, retry: { attempts: 1 } },
      {
        misfortune: (id) =>
          id === 'work' ? (_asked, reply) => reply.answer(500, JSON.stringify(client.error('No.'))) : null,
      },
    )
    const way = await town.route(client, 'claude-haiku-5-5')
    expect(short(way)).toEqual(['pattern:claude-*', 'gpt/gpt-5.5'])
    expect(way.answer.headers['x-ucr-attempts']).toBe('2')
    expect(way.answer.text).toContain('"model":"claude-haiku-5-5"')
    expect(town.upstream.requests[0]?.json()).toHaveProperty('model', 'claude-haiku-5-5')
  })
})

describe.each(EVERY_SPEAKER)('a name that no header can carry ($type clients)', (client) => {
  it.each([
    'a\r\nx-evil: 1',
    'a\u0000b',
    'größe 🎈',
    '\u202eevil',
    'x'.repeat(8000),
    '__proto__',
    'constructor',
    '../../etc/passwd',
    '*',
    'claude-*',
    ' ',
  ])('%j is asked for all the same, and breaks nothing', async (name) => {
    const town = await foundTown({ gpt: GPTS, work: CLAUDES }, { models: { '*': 'gpt/*' } })
    const way = await town.route(client, name)
    expect(way.status).toBe(200)
    expect(way.reason).toBe('pattern:*')
    expect(way.answer.headers).not.toHaveProperty('x-evil')
    expect(town.upstream.requests[0]?.headers).not.toHaveProperty('x-evil')
    expect(Object.values(way.answer.headers).every((value) => /^[\x20-\x7e]{0,1024}$/.test(value ?? ''))).toBe(true)
    const unknown = await (await foundTown({ gpt: GPTS }, { models: { fast: 'gpt' } })).route(client, name)
    expect([unknown.status, unknown.went]).toEqual([404, null])
    expect(unknown.answer.headers).not.toHaveProperty('x-evil')
  })
})

describe('weights', () => {
  const weighted = (first: number, second: number) => ({
    models: {
      any: {
        policy: 'weighted' as const,
        targets: [
          { target: 'work/claude-sonnet-5', weight: first },
          { target: 'gpt/gpt-5.5', weight: second },
        ],
      },
    },
    router: { affinity: false },
  })

  it.each([
    [1, 0, 'work/claude-sonnet-5'],
    [0, 1, 'gpt/gpt-5.5'],
  ])('%i to %i: all go to %s', async (first, second, place) => {
    const town = await foundTown({ work: CLAUDES, gpt: GPTS }, weighted(first, second))
    for (let count = 0; count < 12; count++) expect((await town.route(chat, 'any')).went).toBe(place)
  })

  it('of nothing still count when the others fail', async () => {
    const town = await foundTown({ work: CLAUDES, gpt: GPTS }, weighted(1, 0), {
      misfortune: (id) => (id === 'work' ? (_asked, reply) => reply.answer(401, '{}') : null),
    })
    expect((await town.route(chat, 'any')).went).toBe('gpt/gpt-5.5')
  })

  it('of providers share a model that both have', async () => {
    const town = await foundTown(
      { one: { ...GPTS, weight: 0 }, two: { ...GPTS, weight: 5 } },
      { router: { affinity: false } },
    )
    for (let count = 0; count < 8; count++) expect((await town.route(chat, 'gpt-5.5')).went).toBe('two/gpt-5.5')
  })

  it('come behind priorities', async () => {
    const town = await foundTown(
      { one: { ...GPTS, priority: 1, weight: 100 }, two: { ...GPTS, priority: 2, weight: 1 } },
      { router: { affinity: false } },
    )
    for (let count = 0; count < 8; count++) expect((await town.route(chat, 'gpt-5.5')).went).toBe('two/gpt-5.5')
  })
})

const IMAGE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** Requests that are a task by what their protocol says. */
const TASKS: Readonly<Record<string, Readonly<Record<Speaker['type'], Json>>>> = {
  think: {
    anthropic: { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 4000 },
    openai: { reasoning_effort: 'high' },
  },
  webSearch: {
    anthropic: { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    openai: { web_search_options: {} },
  },
  image: {
    anthropic: {
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: IMAGE } }],
        },
      ],
    },
    openai: {
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${IMAGE}` } }] },
      ],
    },
  },
  longContext: {
    anthropic: { messages: [{ role: 'user', content: 'word '.repeat(3000) }] },
    openai: { messages: [{ role: 'user', content: 'word '.repeat(3000) }] },
  },
}

/** Whose models search the web by themselves, in the words of each client. */
const SEARCHERS = {
  anthropic: { type: 'anthropic', models: ['searcher'] },
  openai: { type: 'openai', models: ['searcher'] },
}

const TASK_ROUTES = {
  think: 'thinker/gpt-5.5',
  background: 'cheap/gpt-5.5-mini',
  longContext: 'long/gpt-5.5',
  webSearch: 'search/searcher',
  image: 'eyes/gpt-5.5',
  tokenThreshold: 2000,
}

describe.each(EVERY_SPEAKER)('a task of $type clients', (client) => {
  const settle = () =>
    foundTown(
      { work: CLAUDES, thinker: GPTS, cheap: GPTS, long: GPTS, search: SEARCHERS[client.type], eyes: GPTS },
      { router: TASK_ROUTES },
    )

  it.each([
    ['think', 'thinker/gpt-5.5'],
    ['webSearch', 'search/searcher'],
    ['image', 'eyes/gpt-5.5'],
    ['longContext', 'long/gpt-5.5'],
  ])('%s is seen in what the protocol says', async (task, place) => {
    const town = await settle()
    const more = TASKS[task]?.[client.type] ?? {}
    expect(short(await town.route(client, 'claude-sonnet-5', more))).toEqual([`task_routing:${task}`, place])
    expect(short(await town.route(client, 'claude-sonnet-5'))).toEqual([
      'model:claude-sonnet-5',
      'work/claude-sonnet-5',
    ])
    // Whoever names provider and model means it.
    expect(short(await town.route(client, 'work/claude-opus-5-5', more))).toEqual([
      'model:work/claude-opus-5-5',
      'work/claude-opus-5-5',
    ])
  })

  it.each(['claude-haiku-5-5', 'claude-3-5-haiku-20241022', 'haiku'])(
    'background is a small model: %s',
    async (name) => {
      const town = await settle()
      expect(short(await town.route(client, name))).toEqual(['task_routing:background', 'cheap/gpt-5.5-mini'])
    },
  )

  it('is no matter of words, unless the config says so', async () => {
    const text = { messages: [{ role: 'user', content: 'Please analyze this step by step.' }] }
    const town = await settle()
    expect(short(await town.route(client, 'claude-sonnet-5', text))[1]).toBe('work/claude-sonnet-5')
    const wordy = await foundTown(
      { work: CLAUDES, thinker: GPTS },
      { router: { think: 'thinker/gpt-5.5', keywords: true } },
    )
    expect(short(await wordy.route(client, 'claude-sonnet-5', text))[1]).toBe('thinker/gpt-5.5')
  })

  it('longContext begins at the threshold, to the token', async () => {
    const body = client.request('claude-sonnet-5', { messages: [{ role: 'user', content: 'word '.repeat(200) }] })
    const town = await settle()
    const { tokenCount } = await explained(town.gateway, client, body)
    const at = async (tokenThreshold: number): Promise<unknown> => {
      const other = await foundTown({ work: CLAUDES, long: GPTS }, { router: { longContext: 'long', tokenThreshold } })
      return (await other.route(client, 'claude-sonnet-5', { messages: body['messages'] })).went
    }
    expect(await at(Number(tokenCount))).toBe('long/gpt-5.5')
    expect(await at(Number(tokenCount) + 1)).toBe('work/claude-sonnet-5')
  })

  it('whose route fails goes on to what the name stands for', async () => {
    const town = await foundTown(
      { work: CLAUDES, thinker: GPTS },
      { router: { think: 'thinker/gpt-5.5' }, retry: { attempts: 1 } },
      { misfortune: (id) => (id === 'thinker' ? (_asked, reply) => reply.answer(500, '{}') : null) },
    )
    const way = await town.route(client, 'claude-sonnet-5', TASKS['think']?.[client.type])
    expect(short(way)).toEqual(['task_routing:think', 'work/claude-sonnet-5'])
  })
})

describe('router.fallback', () => {
  it('is asked when everything else has failed, in its order', async () => {
    const town = await foundTown(
      { work: CLAUDES, gpt: GPTS, spare: GPTS },
      { router: { fallback: ['gpt/gpt-5.5-mini', 'spare'] }, retry: { attempts: 1 } },
      { misfortune: (id) => (id === 'spare' ? null : (_asked, reply) => reply.answer(500, '{}')) },
    )
    const way = await town.route(messages, 'claude-sonnet-5')
    expect(way.went).toBe('spare/gpt-5.5')
    expect(town.upstream.requests.map((asked) => (asked.json() as Json)['model'])).toEqual([
      'claude-sonnet-5',
      'gpt-5.5-mini',
      'gpt-5.5',
    ])
  })
})

describe('a conversation', () => {
  const NOTHING: Json = {}
  const ACCOUNTS = { a: CLAUDES, b: CLAUDES, c: CLAUDES, d: CLAUDES }
  const BY: Readonly<
    Record<string, (name: string) => readonly [client: Speaker, more: Json, headers: Record<string, string>]>
  > = {
    'Claude Code by its session': (name) => [messages, {}, { 'x-claude-code-session-id': name }],
    'Claude Code by its user id': (name) => [
      messages,
      { metadata: { user_id: `user_x_account__session_${name}` } },
      {},
    ],
    'Chat by its cache key': (name) => [chat, { prompt_cache_key: name }, {}],
    'Messages by its first message': (name) => [messages, { messages: [{ role: 'user', content: name }] }, {}],
    'Chat by its first message': (name) => [chat, { messages: [{ role: 'user', content: name }] }, {}],
  }

  it.each(Object.keys(BY))('of %s stays with one account, and all of them share the accounts', async (kind) => {
    const town = await foundTown(ACCOUNTS)
    const places = new Set<string | null>()
    for (let number = 0; number < 16; number++) {
      const [client, more, headers] = BY[kind]?.(`conversation-${number}`) ?? ([chat, NOTHING, {}] as const)
      const first = await town.route(client, 'claude-sonnet-5', more, headers)
      const later = (more['messages'] ?? [{ role: 'user', content: 'Hello' }]) as Json[]
      const grown = {
        ...more,
        messages: [...later, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'And?' }],
      }
      for (let turn = 0; turn < 2; turn++) {
        expect((await town.route(client, 'claude-sonnet-5', grown, headers)).went).toBe(first.went)
      }
      places.add(first.went)
    }
    expect(places.size).toBeGreaterThan(2)
  })

  it('moves when its account fails, stays there, and others are not moved', async () => {
    let down: string | null = null
    const town = await foundTown(
      ACCOUNTS,
      { retry: { attempts: 1 } },
      {
        misfortune: (id) =>
          id === down ? (_asked, reply) => reply.answer(429, '{}', { 'retry-after': '3600' }) : null,
      },
    )
    const session = (name: string) => ({ 'x-claude-code-session-id': name })
    const where = async (name: string): Promise<string> =>
      String((await town.route(messages, 'claude-sonnet-5', {}, session(name))).went)
    const names = Array.from({ length: 12 }, (_, index) => `session-${index}`)
    const before = new Map<string, string>()
    for (const name of names) before.set(name, await where(name))
    down = String(before.get('session-0')).split('/')[0] ?? ''
    for (const name of names) {
      const moved = await where(name)
      if (before.get(name)?.startsWith(`${down}/`) === true) expect(moved).not.toBe(before.get(name))
      else expect(moved).toBe(before.get(name))
      expect(await where(name)).toBe(moved)
    }
  })

  it('moves with an answer: after one failure it stays with who helped out, although the other is well again', async () => {
    let unlucky: string | null = null
    const town = await foundTown(
      ACCOUNTS,
      { retry: { attempts: 1 } },
      { misfortune: (id) => (id === unlucky ? (_asked, reply) => reply.answer(500, '{}') : null) },
    )
    const headers = { 'x-claude-code-session-id': 'one' }
    const turn = async (stream: boolean) => await town.route(messages, 'claude-sonnet-5', { stream }, headers)
    for (const stream of [false, true]) {
      const home = String((await turn(stream)).went)
      unlucky = home.split('/')[0] ?? ''
      const refuge = await turn(stream)
      expect(refuge.answer.headers['x-ucr-attempts']).toBe('2')
      expect(refuge.went).not.toBe(home)
      unlucky = null
      const later = await turn(stream)
      expect([later.went, later.answer.headers['x-ucr-attempts']]).toEqual([refuge.went, '1'])
    }
  })

  it('is led nowhere by a conversation of the same name that somebody else has', async () => {
    const keys = ['key-of-the-first-0123456789', 'key-of-the-second-0123456789'] as const
    const names = Array.from({ length: 8 }, (_, at) => `talk ${at}`)
    let unlucky = false
    const [unfortunate = ''] = Object.keys(ACCOUNTS)
    const fail: UpstreamScript = (_asked, reply) => reply.answer(500, '{}')
    const townOf = (): Promise<Town> =>
      foundTown(
        ACCOUNTS,
        { auth: { keys: keys.map((key, at) => ({ name: `${at}`, key })) } },
        { misfortune: (id) => (unlucky && id === unfortunate ? fail : null) },
      )
    const walk = async (town: Town, key: string): Promise<readonly (string | null)[]> => {
      const places: (string | null)[] = []
      for (const name of names) {
        const headers = { 'x-claude-code-session-id': name, 'x-api-key': key }
        places.push((await town.route(messages, 'claude-sonnet-5', {}, headers)).went)
      }
      return places
    }
    const alone = await walk(await townOf(), keys[1])
    const shared = await townOf()
    unlucky = true
    const moved = await walk(shared, keys[0])
    unlucky = false
    expect(moved).not.toContain(`${unfortunate}/claude-sonnet-5`)
    expect(await walk(shared, keys[1])).toEqual(alone)
  })

  it('goes anywhere where affinity is off', async () => {
    const town = await foundTown(ACCOUNTS, { router: { affinity: false } })
    const places = new Set<string | null>()
    for (let count = 0; count < 40 && places.size < 2; count++) {
      places.add((await town.route(messages, 'claude-sonnet-5', {}, { 'x-claude-code-session-id': 'one' })).went)
    }
    expect(places.size).toBe(2)
  })
})

describe.each(EVERY_SPEAKER)('what a model cannot do ($type clients)', (client) => {
  const tool =
    client === messages
      ? { name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: {} } }
      : { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }
  it.each([
    ['images', { vision: false }, TASKS['image']?.[client.type] ?? {}, 'takes no images'],
    ['tools', { tools: false }, { tools: [tool] }, 'calls no tools'],
    [
      'so long a prompt',
      { contextWindow: 1000 },
      TASKS['longContext']?.[client.type] ?? {},
      /^context window 1000 < \d+ tokens$/,
    ],
  ])('%s: another one is asked', async (_what, capabilities, more, why) => {
    const town = await foundTown(
      { plain: { ...GPTS, capabilities }, able: GPTS },
      { models: { any: ['plain/gpt-5.5', 'able/gpt-5.5'] } },
    )
    expect((await town.route(client, 'any')).went).toBe('plain/gpt-5.5')
    expect((await town.route(client, 'any', more)).went).toBe('able/gpt-5.5')
    const { exclusions } = await explained(town.gateway, client, client.request('any', more))
    expect(exclusions).toEqual([
      { deployment: 'plain/gpt-5.5', why: typeof why === 'string' ? why : expect.stringMatching(why) },
    ])
  })

  it('and nobody else can: it is asked all the same, with a warning', async () => {
    const town = await foundTown({ plain: { ...GPTS, capabilities: { vision: false } } })
    const way = await town.route(client, 'gpt-5.5', TASKS['image']?.[client.type])
    expect(way.went).toBe('plain/gpt-5.5')
    expect(way.warning).toBe('plain/gpt-5.5 takes no images, and no other candidate is better.')
  })
})

describe('a custom router', () => {
  async function withRouter(code: string, more: Json = {}) {
    const path = join(temporaryFolder(), 'router.mjs')
    await writeFile(path, code)
    return foundTown(
      { work: CLAUDES, gpt: GPTS },
      { router: { customRouter: path, customRouterTimeout: '150ms', ...more } },
    )
  }

  it.each(EVERY_SPEAKER)('decides by the request of $type clients and by what it is told', async (client) => {
    const town = await withRouter(`
      export function router(request, { providers, config, taskType, tokenCount }) {
        if (request.messages[0].content !== 'Hello') return null
        const told = { ids: providers.map(({ id, models }) => id + ':' + models.length), taskType, tokens: tokenCount > 0 }
        globalThis.toldToRouter = { ...told, secrets: JSON.stringify([providers, config]) }
        return request.temperature === 1 ? 'gpt/gpt-5.5-mini' : Promise.resolve('gpt')
      }
    `)
    expect(short(await town.route(client, 'claude-sonnet-5', { temperature: 1 }))).toEqual([
      'custom_router',
      'gpt/gpt-5.5-mini',
    ])
    expect(short(await town.route(client, 'claude-sonnet-5'))).toEqual(['custom_router', 'gpt/gpt-5.5'])
    const other = { messages: [{ role: 'user', content: 'Bye' }] }
    expect(short(await town.route(client, 'claude-sonnet-5', other))).toEqual([
      'model:claude-sonnet-5',
      'work/claude-sonnet-5',
    ])
    const { secrets, ...told } = Reflect.get(globalThis, 'toldToRouter') as Json
    expect(told).toEqual({ ids: ['work:3', 'gpt:2'], taskType: 'default', tokens: true })
    expect(secrets).not.toContain('key-of')
  })

  it.each([
    ['throws', `export default () => { throw new Error('Oh no') }`, 'Oh no'],
    ['rejects', `export default () => Promise.reject(new Error('Oh no'))`, 'Oh no'],
    ['never answers', `export default () => new Promise(() => {})`, 'no answer within 150 ms'],
    ['names nobody', `export default () => 'nobody/nothing'`, '"nobody/nothing" is no provider'],
    ['returns something else', `export default () => 42`, 'number'],
    ['cannot be loaded', `export default (`, 'passed over'],
    ['exports nothing', `export const a = 1`, 'default export'],
    ['changes the request', `export default (request) => { request.messages.length = 0; return null }`, undefined],
  ])('that %s is passed over', async (_what, code, warning) => {
    const town = await withRouter(code)
    for (const client of EVERY_SPEAKER) {
      const way = await town.route(client, 'claude-sonnet-5')
      expect(way.status, way.answer.text).toBe(200)
      expect(short(way)).toEqual(['model:claude-sonnet-5', 'work/claude-sonnet-5'])
      if (warning === undefined) expect(way.warning).toBeUndefined()
      else {
        expect(way.warning).toContain(warning)
        expect(town.gateway.logText()).toContain(warning.replaceAll('"', String.raw`\"`))
      }
    }
    expect(town.upstream.requests[0]?.json()).toHaveProperty('messages', [{ role: 'user', content: 'Hello' }])
  })
})

describe('a key with models of its own', () => {
  const auth = {
    keys: [
      { name: 'all', key: 'client-key-for-all' },
      { name: 'some', key: 'client-key-for-some', models: ['fast', 'claude-*'] },
      { name: 'none', key: 'client-key-for-none', models: [] },
    ],
  }
  const models = { fast: 'gpt/gpt-5.5-mini', slow: 'gpt/gpt-5.5', 'claude-*': 'work/*' }
  const as = (name: string) => ({ 'x-api-key': `client-key-for-${name}` })

  it.each(EVERY_SPEAKER)('may ask for those, in whatever way ($type clients)', async (client) => {
    const town = await foundTown({ work: CLAUDES, gpt: GPTS }, { auth, models })
    for (const name of ['fast', 'slow', 'claude-opus-5-5'])
      expect((await town.route(client, name, {}, as('all'))).status).toBe(200)
    for (const name of ['fast', 'claude-opus-5-5', 'claude-sonnet-5[1m]']) {
      expect((await town.route(client, name, {}, as('some'))).status).toBe(200)
    }
    for (const [key, name] of [
      ['some', 'slow'],
      ['some', 'gpt/gpt-5.5-mini'],
      ['some', 'sonnet'],
      ['none', 'fast'],
    ] as const) {
      for (const stream of [false, true]) {
        const { status, went, answer } = await town.route(client, name, { stream }, as(key))
        expect([status, went], name).toEqual([403, null])
        expect(client.errorOf(answer)).toMatchObject({
          type: 'permission_error',
          message: `This API key may not use the model "${name}".`,
        })
      }
    }
    const dry = await ask(`${town.gateway.url}/v1/route/explain?path=${client.path}`, {
      headers: { ...client.headers, ...as('some') },
      body: client.request('slow'),
    })
    expect(dry.status).toBe(403)
    const count = await ask(`${town.gateway.url}/v1/messages/count_tokens`, {
      headers: as('some'),
      body: messages.request('slow'),
    })
    expect(count.status).toBe(403)
  })

  it.each(EVERY_SPEAKER)('sees those only ($type clients)', async (client) => {
    const town = await foundTown({ work: CLAUDES, gpt: GPTS }, { auth, models })
    const listed = async (key: string): Promise<unknown[]> => {
      const answer = await ask(`${town.gateway.url}/v1/models`, { headers: { ...client.headers, ...as(key) } })
      return (answer.json()['data'] as Json[]).map(({ id }) => id)
    }
    expect(await listed('all')).toEqual(['fast', 'slow'])
    expect(await listed('some')).toEqual(['fast'])
    expect(await listed('none')).toEqual([])
    const one = async (key: string, id: string): Promise<number> =>
      (await ask(`${town.gateway.url}/v1/models/${id}`, { headers: { ...client.headers, ...as(key) } })).status
    expect([await one('all', 'slow'), await one('some', 'fast'), await one('some', 'slow')]).toEqual([200, 200, 404])
  })
})

describe('two accounts of one vendor', () => {
  it('are told apart by their ids, each with its own key', async () => {
    const town = await foundTown({ work: CLAUDES, private: CLAUDES })
    expect((await town.route(messages, 'work/claude-sonnet-5')).went).toBe('work/claude-sonnet-5')
    expect((await town.route(messages, 'private/claude-sonnet-5')).went).toBe('private/claude-sonnet-5')
  })
})

describe('a base URL', () => {
  it.each([
    [messages, ['', '/', '/v1', '/v1/', '/v1/messages'], '/v1/messages'],
    [chat, ['', '/', '/v1', '/v1/', '/v1/chat/completions'], '/v1/chat/completions'],
    [messages, ['/proxy/anthropic', '/proxy/anthropic/v1'], '/proxy/anthropic/v1/messages'],
    [chat, ['/proxy/v2', '/proxy/v2/'], '/proxy/v2/chat/completions'],
  ] as const)('is right with and without its version path', async (client, ends, path) => {
    const upstream = await vendorOf(saying(client, 'Hello'))
    for (const end of ends) {
      const gateway = await install({ providers: [provider('far', client, `${upstream.url}${end}`)] })
      expect(client.wordsOf(await generate(gateway, client, client.model))).toBe('Hello')
    }
    expect(upstream.requests.map((asked) => asked.path)).toEqual(ends.map(() => path))
  })

  it('of a vendor with a path of its own', async () => {
    const upstream = await vendorOf(saying(chat, 'Hello'))
    for (const end of ['/openai/v1', '/openai', '']) {
      const gateway = await install({
        providers: [
          { id: 'groq', type: 'groq', apiKey: 'key-of-groq', baseUrl: `${upstream.url}${end}`, models: ['m'] },
        ],
      })
      expect(chat.wordsOf(await generate(gateway, chat, 'm'))).toBe('Hello')
    }
    expect(upstream.requests.map((asked) => asked.path)).toEqual(Array(3).fill('/openai/v1/chat/completions'))
  })
})
