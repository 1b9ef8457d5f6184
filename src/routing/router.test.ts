import { describe, expect, it } from 'vitest'
import { NO_TRAITS, testProvider, testQuery, testSettings } from '../../test/support/routing.ts'
import type { Provider } from '../providers/provider.ts'
import { capabilitiesOf } from '../models/capabilities.ts'
import { HealthRegistry } from './health.ts'
import { createRouter } from './router.ts'
import type { RouterOptions } from './router.ts'
import { DEFAULT_BREAKER } from './settings.ts'
import type { RouteSettings } from './settings.ts'
import type { RouteQuery, Router } from './route.ts'

function setUp(given: Partial<RouterOptions> & { readonly providers: readonly Provider[] }) {
  const clock = { now: 0 }
  const health = new HealthRegistry(DEFAULT_BREAKER, () => clock.now)
  const router = createRouter({
    settings: testSettings(),
    listedModels: new Map(),
    capabilities: (provider, model) => capabilitiesOf(provider.definition.type, model, provider.capabilities),
    health,
    random: () => 0.5,
    now: () => clock.now,
    ...given,
  })
  const kill = (key: string): void => {
    for (let time = 0; time < DEFAULT_BREAKER.minimumRequests; time++) health.acquire(key)?.failure()
  }
  const ask = async (...query: Parameters<typeof testQuery>): Promise<readonly string[]> => {
    const { candidates, reason } = await router.route(testQuery(...query))
    return [reason, ...candidates.map(({ deployment }) => deployment.key)]
  }
  return { router, health, clock, kill, ask }
}

const route = (...targets: readonly string[]): RouteSettings => ({
  policy: 'first',
  targets: targets.map((target) => ({ target, weight: 1 })),
})

/** Most decisions are there at once, and a refusal is then thrown: awaited, both are alike. */
const routed = async (router: Router, query: RouteQuery) => router.route(query)

const WORK = testProvider('work', { models: ['claude-sonnet-5', 'claude-opus-5-5', 'claude-haiku-5-5'], priority: 5 })
const GPT = testProvider('gpt', { type: 'openai', models: ['gpt-5.5', 'gpt-5.5-mini'], defaultModel: 'gpt-5.5' })
const ROUTER = testProvider('or', { type: 'openrouter' })
const SIM = testProvider('sim', { type: 'simulator', models: ['echo', 'claude-sonnet-5'] })

describe('createRouter() without models', () => {
  const listedModels = new Map([
    [
      'or',
      ['anthropic/claude-sonnet-5', 'openai/gpt-5.5', 'deepseek/deepseek-v4-pro:free', 'deepseek/deepseek-v4-pro'],
    ],
  ])

  it('takes provider/model as it stands, whatever the lists say', async () => {
    const { ask } = setUp({ providers: [WORK, GPT, ROUTER], listedModels })
    expect(await ask('work/claude-opus-5-5')).toEqual(['model:work/claude-opus-5-5', 'work/claude-opus-5-5'])
    expect(await ask('or/deepseek/deepseek-v4-pro')).toEqual([
      'model:or/deepseek/deepseek-v4-pro',
      'or/deepseek/deepseek-v4-pro',
    ])
    expect(await ask('gpt/some-new-model')).toEqual(['model:gpt/some-new-model', 'gpt/some-new-model'])
  })

  it('reaches a model by its name at everybody who has it, preferred providers first', async () => {
    const { ask } = setUp({ providers: [ROUTER, WORK, GPT], listedModels })
    expect(await ask('claude-sonnet-5')).toEqual([
      'model:claude-sonnet-5',
      'work/claude-sonnet-5',
      'or/anthropic/claude-sonnet-5',
    ])
    expect(await ask('gpt-5.5')).toEqual(['model:gpt-5.5', 'gpt/gpt-5.5', 'or/openai/gpt-5.5'])
  })

  it("asks each vendor for a model in the vendor's own spelling", async () => {
    const copilot = testProvider('copilot', {
      type: 'github-copilot',
      models: ['claude-haiku-4.5', 'claude-sonnet-4.6'],
    })
    const { ask } = setUp({ providers: [copilot] })
    expect(await ask('claude-haiku-4-5-20251001')).toEqual([
      'model:claude-haiku-4-5-20251001',
      'copilot/claude-haiku-4.5',
    ])
    expect(await ask('copilot/claude-sonnet-4-6')).toEqual([
      'model:copilot/claude-sonnet-4.6',
      'copilot/claude-sonnet-4.6',
    ])
    expect(await ask('deepseek-v4-pro')).toEqual(['default', 'copilot/claude-haiku-4.5'])
    const other = setUp({ providers: [ROUTER], listedModels })
    expect((await other.ask('deepseek-v4-pro'))[1]).toBe('or/deepseek/deepseek-v4-pro')
  })

  it('knows whose model a name is before the vendor has been asked', async () => {
    const { ask } = setUp({ providers: [testProvider('a'), testProvider('o', { type: 'openai' })] })
    expect(await ask('claude-opus-9')).toEqual(['model:claude-opus-9', 'a/claude-opus-9'])
    expect(await ask('gpt-9')).toEqual(['model:gpt-9', 'o/gpt-9'])
    expect(await ask('anthropic/claude-opus-9')).toEqual(['model:anthropic/claude-opus-9', 'a/claude-opus-9'])
  })

  it('resolves sonnet, opus and haiku to the newest that providers offer', async () => {
    const old = testProvider('old', { models: ['claude-sonnet-4-5', 'claude-opus-4-1-20250805'], priority: 9 })
    const { ask } = setUp({ providers: [old, WORK] })
    expect(await ask('sonnet')).toEqual(['alias:sonnet', 'work/claude-sonnet-5', 'old/claude-sonnet-4-5'])
    expect((await ask('claude-3-5-sonnet-latest'))[1]).toBe('work/claude-sonnet-5')
    expect((await ask('haiku'))[1]).toBe('work/claude-haiku-5-5')
    expect((await ask('old/opus'))[1]).toBe('old/claude-opus-4-1-20250805')
    const unasked = setUp({ providers: [testProvider('a')] })
    expect((await unasked.ask('opus'))[1]).toBe('a/claude-opus-5-5')
  })

  it('tolerates the suffix that asks for the long context', async () => {
    const { ask } = setUp({ providers: [WORK] })
    expect((await ask('claude-sonnet-5[1m]'))[1]).toBe('work/claude-sonnet-5')
    expect((await ask('work/sonnet[1m]'))[1]).toBe('work/claude-sonnet-5')
  })

  it("sends an unknown name to the preferred provider that speaks the client's protocol", async () => {
    const { ask } = setUp({ providers: [GPT, WORK, SIM] })
    expect(await ask('mystery')).toEqual(['default', 'work/claude-sonnet-5'])
    expect(await ask('mystery', {}, { protocol: 'openai-chat' })).toEqual(['default', 'gpt/gpt-5.5'])
    const { ask: askGpt } = setUp({ providers: [GPT] })
    expect(await askGpt('mystery')).toEqual(['default', 'gpt/gpt-5.5'])
  })

  it("takes a provider's id alone for its default model", async () => {
    const { ask } = setUp({ providers: [WORK, GPT] })
    expect(await ask('gpt')).toEqual(['provider:gpt', 'gpt/gpt-5.5'])
    expect(await ask('work')).toEqual(['provider:work', 'work/claude-sonnet-5'])
  })

  it('prefers router.default for unknown names', async () => {
    const { ask } = setUp({ providers: [WORK, GPT], settings: testSettings({ default: 'gpt' }) })
    expect(await ask('mystery')).toEqual(['default', 'gpt/gpt-5.5'])
    expect(await ask('claude-sonnet-5')).toEqual(['model:claude-sonnet-5', 'work/claude-sonnet-5'])
  })

  it('never lets the simulator answer for a real name, unless the config says so', async () => {
    const { ask, router } = setUp({ providers: [SIM] })
    expect(await ask('sim/echo')).toEqual(['model:sim/echo', 'sim/echo'])
    await expect(ask('claude-sonnet-5')).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('sim/'),
    })
    await expect(ask('sonnet')).rejects.toMatchObject({ code: 'model_not_found' })
    expect(router.models().map(({ id }) => id)).toEqual(['sim/echo', 'sim/claude-sonnet-5'])
    const told = setUp({ providers: [SIM], settings: testSettings({ default: 'sim/echo' }) })
    expect(await told.ask('claude-sonnet-5')).toEqual(['default', 'sim/echo'])
  })

  it('lists every model by its name and as provider/model', () => {
    const { router } = setUp({ providers: [GPT, WORK], listedModels: new Map([['gpt', ['not offered']]]) })
    expect(router.models().map(({ id }) => id)).toEqual([
      'claude-sonnet-5',
      'claude-opus-5-5',
      'claude-haiku-5-5',
      'gpt-5.5',
      'gpt-5.5-mini',
      'work/claude-sonnet-5',
      'work/claude-opus-5-5',
      'work/claude-haiku-5-5',
      'gpt/gpt-5.5',
      'gpt/gpt-5.5-mini',
    ])
  })
})

describe('createRouter() with models', () => {
  const models = new Map<string, RouteSettings>([
    ['fast', route('gpt/gpt-5.5-mini')],
    ['claude-*', route('work/*', 'gpt/gpt-5.5')],
    [
      'any',
      {
        policy: 'weighted',
        targets: [
          { target: 'work/claude-sonnet-5', weight: 8 },
          { target: 'gpt/gpt-5.5', weight: 2 },
        ],
      },
    ],
    ['broken', route('nowhere/x')],
  ])
  const settings = testSettings({}, { models })
  const providers = [WORK, GPT]

  it('tries the targets of a name in order', async () => {
    const { ask } = setUp({ providers, settings })
    expect(await ask('fast')).toEqual(['alias:fast', 'gpt/gpt-5.5-mini'])
  })

  it('carries the name over where a target has a star', async () => {
    const { ask } = setUp({ providers, settings })
    expect(await ask('claude-opus-5-5')).toEqual(['pattern:claude-*', 'work/claude-opus-5-5', 'gpt/gpt-5.5'])
    expect(await ask('claude-not-listed-7')).toEqual(['pattern:claude-*', 'work/claude-not-listed-7', 'gpt/gpt-5.5'])
  })

  it('lets an alias of a class through a pattern', async () => {
    const { ask } = setUp({ providers, settings })
    expect(await ask('opus')).toEqual(['pattern:claude-*', 'work/claude-opus-5-5', 'gpt/gpt-5.5'])
  })

  it('refuses other names and says which were probably meant', async () => {
    const { ask } = setUp({ providers, settings })
    await expect(ask('fastt')).rejects.toMatchObject({
      code: 'model_not_found',
      param: 'model',
      message: 'No model is called "fastt". Did you mean "fast"?',
    })
    await expect(ask('gpt/gpt-5.5')).rejects.toMatchObject({ code: 'model_not_found' })
    const withDefault = setUp({ providers, settings: testSettings({ default: 'gpt' }, { models }) })
    expect(await withDefault.ask('fastt')).toEqual(['default', 'gpt/gpt-5.5'])
  })

  it('says what is wrong with a route that leads nowhere', async () => {
    const { ask } = setUp({ providers, settings })
    await expect(ask('broken')).rejects.toMatchObject({
      code: 'no_candidate',
      message: expect.stringContaining('"nowhere/x"'),
    })
  })

  it('lists the exact names', () => {
    const { router } = setUp({ providers, settings })
    expect(router.models().map(({ id, deployment }) => [id, deployment.key])).toEqual([
      ['fast', 'gpt/gpt-5.5-mini'],
      ['any', 'work/claude-sonnet-5'],
    ])
  })

  it('spreads by weight', async () => {
    let seed = 1
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
    const { router } = setUp({ providers, settings, random })
    let toWork = 0
    for (let request = 0; request < 1000; request++) {
      const { candidates } = await router.route(testQuery('any'))
      expect(candidates.map(({ reason }) => reason)).toEqual(['weight', 'fallback'])
      if (candidates[0]?.deployment.provider === WORK) toWork++
    }
    expect(toWork).toBeGreaterThan(750)
    expect(toWork).toBeLessThan(850)
  })
})

describe('createRouter() with task routes', () => {
  const tasks = {
    think: 'work/claude-opus-5-5',
    background: 'gpt/gpt-5.5-mini',
    longContext: 'or/big',
    image: 'gpt',
    tokenThreshold: 1000,
  }
  const providers = [WORK, GPT, ROUTER]
  const settings = testSettings(tasks)

  it('reads the task from the protocol, and keeps what was asked for behind it', async () => {
    const { ask } = setUp({ providers, settings })
    expect(await ask('claude-sonnet-5', { thinking: true })).toEqual([
      'task_routing:think',
      'work/claude-opus-5-5',
      'work/claude-sonnet-5',
    ])
    expect((await ask('claude-haiku-5-5'))[1]).toBe('gpt/gpt-5.5-mini')
    expect((await ask('haiku'))[1]).toBe('gpt/gpt-5.5-mini')
    expect((await ask('claude-sonnet-5', { images: true }))[1]).toBe('gpt/gpt-5.5')
    expect((await ask('claude-sonnet-5', { thinking: true }, { tokenCount: 1000 }))[0]).toBe('task_routing:longContext')
    expect((await ask('claude-sonnet-5', { thinking: true }, { tokenCount: 999 }))[0]).toBe('task_routing:think')
  })

  it('leaves a task without a route to the next one, and to the name', async () => {
    const { router } = setUp({ providers, settings })
    const decision = await router.route(testQuery('claude-sonnet-5', { webSearch: true }))
    expect(decision).toMatchObject({ task: 'webSearch', reason: 'model:claude-sonnet-5' })
    expect(await router.route(testQuery('claude-sonnet-5', { webSearch: true, thinking: true }))).toMatchObject({
      task: 'think',
    })
  })

  it('obeys a client that names provider and model, or an exact route', async () => {
    const { ask } = setUp({ providers, settings })
    expect(await ask('work/claude-sonnet-5', { thinking: true })).toEqual([
      'model:work/claude-sonnet-5',
      'work/claude-sonnet-5',
    ])
    const models = new Map([
      ['fast', route('gpt/gpt-5.5')],
      ['claude-*', route('work/*')],
    ])
    const table = setUp({ providers, settings: testSettings(tasks, { models }) })
    expect((await table.ask('fast', { thinking: true }))[0]).toBe('alias:fast')
    expect((await table.ask('claude-sonnet-5', { thinking: true }))[0]).toBe('task_routing:think')
  })

  it('looks at words only where the config asks for it', async () => {
    const words = { lastUserText: () => 'Please THINK about it' }
    expect((await setUp({ providers, settings }).ask('claude-sonnet-5', words))[0]).toBe('model:claude-sonnet-5')
    const withWords = setUp({ providers, settings: testSettings({ ...tasks, keywords: true }) })
    expect((await withWords.ask('claude-sonnet-5', words))[0]).toBe('task_routing:think')
    expect(
      (await withWords.ask('claude-sonnet-5', { lastUserText: () => 'in the background, think about it' }))[0],
    ).toBe('task_routing:background')
  })

  it('passes over a task route that names nothing, with a warning', async () => {
    const { router } = setUp({ providers, settings: testSettings({ think: 'nowhere/x' }) })
    const decision = await router.route(testQuery('claude-sonnet-5', { thinking: true }))
    expect(decision).toMatchObject({
      reason: 'model:claude-sonnet-5',
      warnings: ['router.think names "nowhere/x", which is no provider.'],
    })
  })
})

describe('createRouter() and failures', () => {
  it('puts router.fallback behind everything, once', async () => {
    const settings = testSettings({ fallback: ['gpt', 'work/claude-opus-5-5', 'gpt'] })
    const { ask } = setUp({ providers: [WORK, GPT], settings })
    expect(await ask('work/claude-sonnet-5')).toEqual([
      'model:work/claude-sonnet-5',
      'work/claude-sonnet-5',
      'gpt/gpt-5.5',
      'work/claude-opus-5-5',
    ])
  })

  it('leaves open breakers out, says so, and comes back', async () => {
    const settings = testSettings({ fallback: ['gpt'] })
    const { router, kill, clock } = setUp({ providers: [WORK, GPT], settings })
    kill('work/claude-sonnet-5')
    const decision = await router.route(testQuery('claude-sonnet-5'))
    expect(decision.candidates.map(({ deployment, reason }) => [deployment.key, reason])).toEqual([
      ['gpt/gpt-5.5', 'fallback'],
    ])
    expect(decision.exclusions).toEqual([{ deployment: 'work/claude-sonnet-5', why: 'breaker open for 30 s more' }])
    clock.now += 30_000
    expect((await router.route(testQuery('claude-sonnet-5'))).candidates[0]?.deployment.key).toBe(
      'work/claude-sonnet-5',
    )
  })

  it('says when to come back if all are blocked, and that it is a limit where it is nothing else', async () => {
    const other = testProvider('other', { models: ['claude-sonnet-5'] })
    const { router, health, kill } = setUp({ providers: [WORK, other] })
    health.coolDown('work/claude-sonnet-5', 6500, 'rate limited')
    health.coolDown('other/claude-sonnet-5', 9500, 'rate limited')
    await expect(routed(router, testQuery('claude-sonnet-5'))).rejects.toMatchObject({
      code: 'upstream_rate_limited',
      status: 429,
      retryAfter: 7,
      message: expect.stringContaining('rate limited for 7 s more'),
    })
    kill('other/claude-sonnet-5')
    health.coolDown('other/claude-sonnet-5', 60_000, 'spend limit reached')
    await expect(routed(router, testQuery('claude-sonnet-5'))).rejects.toMatchObject({
      code: 'no_candidate',
      status: 503,
      retryAfter: 7,
    })
  })

  it('leaves out what cannot do it', async () => {
    const small = testProvider('small', { type: 'groq', models: ['llama-3.3-70b-versatile'], priority: 9 })
    const settings = testSettings(
      {},
      { models: new Map([['m', route('small/llama-3.3-70b-versatile', 'work/claude-sonnet-5')]]) },
    )
    const { router } = setUp({ providers: [small, WORK], settings })
    const withImage = await router.route(testQuery('m', { images: true }))
    expect(withImage.candidates[0]?.deployment.key).toBe('work/claude-sonnet-5')
    expect(withImage.exclusions).toEqual([{ deployment: 'small/llama-3.3-70b-versatile', why: 'takes no images' }])
    const long = await router.route(testQuery('m', { maxOutputTokens: 128_000 }, { tokenCount: 100_000 }))
    expect(long.exclusions[0]?.why).toBe('context window 131072 < 132768 tokens')
    expect((await router.route(testQuery('m', { maxOutputTokens: 128_000 }))).exclusions).toEqual([])
  })

  it('keeps the best and warns when nobody can do it', async () => {
    const blind = testProvider('blind', { type: 'vllm', models: ['a', 'b'], capabilities: { vision: false } })
    const settings = testSettings({}, { models: new Map([['m', route('blind/a', 'blind/b')]]) })
    const { router } = setUp({ providers: [blind], settings })
    const decision = await router.route(testQuery('m', { images: true }))
    expect(decision.candidates.map(({ deployment }) => deployment.key)).toEqual(['blind/a'])
    expect(decision.warnings).toEqual(['blind/a takes no images, and no other candidate is better.'])
  })

  it('never excludes a model whose abilities nobody knows', async () => {
    const own = testProvider('own', { type: 'openai-compatible', models: ['m'] })
    const { router } = setUp({ providers: [own] })
    const all = { images: true, documents: true, tools: true, maxOutputTokens: 1e6 }
    expect(await router.route(testQuery('m', all, { tokenCount: 1e9 }))).toMatchObject({ exclusions: [], warnings: [] })
  })
})

describe('createRouter() and conversations', () => {
  const accounts = ['a', 'b', 'c', 'd'].map((id) => testProvider(id, { models: ['claude-sonnet-5'] }))
  const firstFor = async (router: ReturnType<typeof setUp>['router'], affinity: string | null): Promise<string> => {
    const { candidates } = await router.route(testQuery('claude-sonnet-5', { affinity: () => affinity }))
    const [first] = candidates
    if (first === undefined) throw new Error('nobody')
    router.answered(first)
    return first.deployment.provider.id
  }
  const conversations = Array.from({ length: 400 }, (_, index) => `conversation ${index}`)

  it('keeps each on one of several equals, and spreads them all', async () => {
    const { router } = setUp({ providers: accounts, random: () => Math.random() })
    const counts = new Map<string, number>()
    for (const affinity of conversations) {
      const chosen = await firstFor(router, affinity)
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
      expect(await firstFor(router, affinity)).toBe(chosen)
    }
    for (const { id } of accounts) expect(counts.get(id)).toBeGreaterThan(60)
  })

  it('moves only those that a new equal takes, and is the same in every process', async () => {
    const before = setUp({ providers: accounts.slice(0, 3) }).router
    const after = setUp({ providers: accounts.toReversed() }).router
    for (const affinity of conversations) {
      const [was, is] = [await firstFor(before, affinity), await firstFor(after, affinity)]
      expect([was, 'd']).toContain(is)
    }
  })

  it('stays where an outage has moved it, as its cache is warm there now', async () => {
    const { router, kill, clock } = setUp({ providers: accounts })
    const home = await firstFor(router, 'one')
    kill(`${home}/claude-sonnet-5`)
    const refuge = await firstFor(router, 'one')
    expect(refuge).not.toBe(home)
    clock.now += 60_000
    expect(await firstFor(router, 'one')).toBe(refuge)
  })

  it('stays with the one that answered, and not with the one that was asked first', async () => {
    const { router } = setUp({ providers: accounts })
    const order = async () => {
      const { candidates } = await router.route(testQuery('claude-sonnet-5', { affinity: () => 'one' }))
      return candidates
    }
    const [asked, refuge] = await order()
    if (refuge === undefined) throw new Error('only one')
    router.answered(refuge)
    const [first, ...others] = await order()
    expect(first?.deployment.key).toBe(refuge.deployment.key)
    expect(others.map(({ deployment }) => deployment.key)).toContain(asked?.deployment.key)
  })

  it('is not moved by somebody who only wants to know', async () => {
    const { router, kill, clock } = setUp({ providers: accounts })
    const home = await firstFor(router, 'one')
    kill(`${home}/claude-sonnet-5`)
    const { candidates } = await router.route(testQuery('claude-sonnet-5', { affinity: () => 'one' }, { dryRun: true }))
    expect(candidates[0]?.deployment.provider.id).not.toBe(home)
    clock.now += 60_000
    expect(await firstFor(router, 'one')).toBe(home)
  })

  it('keeps to the order of priorities all the same', async () => {
    const preferred = testProvider('z', { models: ['claude-sonnet-5'], priority: 9 })
    const { router, kill, clock } = setUp({ providers: [...accounts, preferred] })
    kill('z/claude-sonnet-5')
    expect(await firstFor(router, 'one')).not.toBe('z')
    clock.now += 60_000
    expect(await firstFor(router, 'one')).toBe('z')
  })

  it('remembers a conversation apart for each tenant, and by a name that is no longer than others', async () => {
    const { router } = setUp({ providers: accounts })
    const named = async (tenant: string): Promise<string> => {
      const query = testQuery('claude-sonnet-5', { affinity: () => 'x'.repeat(1_000_000) }, { tenant })
      return (await router.route(query)).candidates[0]?.conversation ?? ''
    }
    const [mine, theirs] = [await named('me'), await named('them')]
    expect([mine.length, theirs.length]).toEqual([64, 64])
    expect(mine).not.toBe(theirs)
  })

  it('spreads by lot where affinity is off', async () => {
    const settings = testSettings({ affinity: false })
    let turn = 0
    const { router } = setUp({ providers: accounts, settings, random: () => (turn = (turn + 0.37) % 1) })
    const seen = new Set<string>()
    for (let request = 0; request < 40; request++) seen.add(await firstFor(router, 'one'))
    expect(seen.size).toBe(4)
  })
})

describe('createRouter() and hostile names', () => {
  it.each([
    '',
    '/',
    'work/',
    '../work',
    '__proto__',
    'constructor',
    'a\r\nb',
    '*',
    'work/*',
    '\u{1F600}',
    'x'.repeat(100_000),
  ])('gives a decision or model_not_found for %j', async (model) => {
    const { router } = setUp({ providers: [WORK, GPT] })
    const decision = await router.route(testQuery(model))
    expect(decision.reason).toMatch(/^[\x20-\x7e]{1,160}$/)
    const strict = setUp({ providers: [WORK], settings: testSettings({}, { models: new Map([['m', route('work')]]) }) })
    await expect(routed(strict.router, testQuery(model))).rejects.toMatchObject({ code: 'model_not_found' })
  })

  it('does not decode a body that no custom router asks for', async () => {
    const { router } = setUp({ providers: [WORK] })
    const body = (): never => {
      throw new Error('decoded')
    }
    const query = { ...testQuery('claude-sonnet-5'), traits: NO_TRAITS, body }
    await expect(routed(router, query)).resolves.toBeDefined()
  })
})
