import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testProvider, testQuery, testSettings } from '../../test/support/routing.ts'
import { UNKNOWN_CAPABILITIES } from '../models/capabilities.ts'
import { HealthRegistry } from './health.ts'
import { createRouter } from './router.ts'
import { DEFAULT_BREAKER } from './settings.ts'

const WORK = testProvider('work', { models: ['claude-sonnet-5'], priority: 1 })
const GPT = testProvider('gpt', { type: 'openai', models: ['gpt-5.5'], defaultModel: 'gpt-5.5' })

let folder = ''
let writes = 0
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'custom-router-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function setUp(source: string, timeout = 1000) {
  const path = join(folder, 'router.mjs')
  const clock = { now: 0 }
  const write = (text: string): void => {
    writeFileSync(path, text)
    // File systems differ in how finely they tell times apart.
    utimesSync(path, ++writes, writes)
  }
  write(source)
  const router = createRouter({
    settings: testSettings({ customRouter: path, customRouterTimeout: timeout, fallback: ['gpt'] }),
    providers: [WORK, GPT],
    listedModels: new Map(),
    capabilities: () => UNKNOWN_CAPABILITIES,
    health: new HealthRegistry(DEFAULT_BREAKER, () => clock.now),
    random: () => 0.5,
    now: () => clock.now,
  })
  return { router, clock, write, remove: () => rmSync(path) }
}

const ask = async ({ router }: ReturnType<typeof setUp>, traits = {}) => {
  const { reason, candidates, warnings } = await router.route(testQuery('claude-sonnet-5', traits))
  return { reason, keys: candidates.map(({ deployment }) => deployment.key), warnings }
}

describe('a custom router', () => {
  it.each([
    ['a default export', 'export default () => "gpt"'],
    ['an export called router', 'export const router = () => "gpt"'],
    ['a promise', 'export default async () => "gpt"'],
    ['provider and model', 'export default () => "gpt/gpt-5.5"'],
  ])('decides by %s', async (_, source) => {
    expect(await ask(setUp(source))).toEqual({ reason: 'custom_router', keys: ['gpt/gpt-5.5'], warnings: [] })
  })

  it('is told of the request, the providers, the task and the size, and of no secret', async () => {
    const provider = { ...WORK, credential: { headers: () => ({ 'x-api-key': 'SECRET' }), hint: 'CRET' } }
    const path = join(folder, 'router.mjs')
    writeFileSync(
      path,
      `export default (request, context) => {
        if (JSON.stringify(context).includes('CRET')) return 'gpt'
        const known = context.providers.find((p) => p.models.includes(request.model))
        return context.taskType === 'think' && context.tokenCount === 10 && context.config.router.default === null ? known.id : 'gpt'
      }`,
    )
    const router = createRouter({
      settings: testSettings({ customRouter: path }),
      providers: [GPT, provider],
      listedModels: new Map(),
      capabilities: () => UNKNOWN_CAPABILITIES,
      health: new HealthRegistry(DEFAULT_BREAKER, () => 0),
      random: () => 0,
      now: () => 0,
    })
    const decision = await router.route(testQuery('claude-sonnet-5', { thinking: true }))
    expect(decision).toMatchObject({ reason: 'custom_router', task: 'think' })
    expect(decision.candidates[0]?.deployment.key).toBe('work/claude-sonnet-5')
  })

  it('may have no opinion', async () => {
    expect(await ask(setUp('export default () => null'))).toMatchObject({
      reason: 'model:claude-sonnet-5',
      warnings: [],
    })
  })

  it('keeps the configured fallback behind its choice', async () => {
    expect((await ask(setUp('export default () => "work"'))).keys).toEqual(['work/claude-sonnet-5', 'gpt/gpt-5.5'])
  })

  it.each([
    ['throws', 'export default () => { throw new Error("boom") }', /boom/],
    ['rejects', 'export default async () => { throw new Error("boom") }', /boom/],
    ['throws no error', 'export default () => { throw "x" }', /no error/],
    ['names nobody', 'export default () => "nowhere"', /"nowhere" is no provider/],
    ['returns something else', 'export default () => 7', /returned number/],
    ['is no function', 'export default 7', /neither a default export/],
    ['cannot be parsed', 'export default (', /passed over/],
    ['throws while it loads', 'throw new Error("at load")', /at load/],
  ])('is passed over with a warning when it %s', async (_, source, warning) => {
    const { reason, keys, warnings } = await ask(setUp(source))
    expect([reason, keys[0]]).toEqual(['model:claude-sonnet-5', 'work/claude-sonnet-5'])
    expect(warnings).toEqual([expect.stringMatching(warning)])
  })

  it.each([
    'export default () => new Promise(() => {})',
    'await new Promise((done) => setTimeout(done, 60_000)); export default () => "gpt"',
  ])('is not waited for: %s', async (source) => {
    const { reason, warnings } = await ask(setUp(source, 20))
    expect(reason).toBe('model:claude-sonnet-5')
    expect(warnings).toEqual([expect.stringMatching(/no answer within 20 ms/)])
  })

  it('is loaded again when its file changes, and looked at once a second', async () => {
    const custom = setUp('export default () => "work"')
    expect((await ask(custom)).keys[0]).toBe('work/claude-sonnet-5')
    custom.write('export default () => "gpt"')
    custom.clock.now += 999
    expect((await ask(custom)).keys[0]).toBe('work/claude-sonnet-5')
    custom.clock.now += 1
    expect((await ask(custom)).keys[0]).toBe('gpt/gpt-5.5')
  })

  it('keeps serving as it was while the new file is broken or gone', async () => {
    const custom = setUp('export default () => "gpt"')
    await ask(custom)
    custom.write('export default (')
    custom.clock.now += 1000
    expect(await ask(custom)).toMatchObject({
      keys: ['gpt/gpt-5.5'],
      warnings: [expect.stringMatching(/loaded again/)],
    })
    custom.remove()
    custom.clock.now += 1000
    expect(await ask(custom)).toMatchObject({
      keys: ['gpt/gpt-5.5'],
      warnings: [expect.stringMatching(/loaded again/)],
    })
    custom.write('export default () => "work"')
    custom.clock.now += 1000
    expect(await ask(custom)).toMatchObject({ keys: ['work/claude-sonnet-5', 'gpt/gpt-5.5'], warnings: [] })
  })
})
