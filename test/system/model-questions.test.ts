import { describe, expect, it } from 'vitest'
import { hashKey } from '../../src/admission/keys.ts'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { install, provider, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'

const { chat, messages } = SPEAKERS
const KEY = 'a-key-for-one-model-only'

/** A vendor of each protocol, neither of which may be asked. */
async function world(more: ConfigFile = {}) {
  const [gpt, claude] = [await vendorOf(saying(chat, 'no')), await vendorOf(saying(messages, 'no'))]
  const gateway = await install({
    providers: [provider('gpt', chat, gpt.url), provider('claude', messages, claude.url)],
    models: {
      fast: 'gpt/gpt-4o',
      'team/old': 'claude/claude-sonnet-4-5',
      'claude-old': 'claude/claude-sonnet-4-5',
      new: 'claude/claude-sonnet-5',
    },
    ...more,
  })
  const requests = () => [...gpt.requests, ...claude.requests].filter(({ method }) => method === 'POST')
  return { gateway, requests }
}

const post = ({ url }: TestGateway, path: string, body: Json, headers = {}) =>
  ask(`${url}${path}`, { method: 'POST', body, headers })

interface Report {
  readonly compatible: boolean
  readonly plan: string | null
  readonly refusal: string | null
  readonly parameters: readonly { readonly parameter: string; readonly status: string; readonly why: string | null }[]
  readonly suggestions: readonly string[]
}

async function report(gateway: TestGateway, body: Json): Promise<Report> {
  const answer = await post(gateway, '/v1/compatibility', body)
  expect(answer.status, answer.text).toBe(200)
  return answer.json() as unknown as Report
}

const verdicts = ({ parameters }: Report) =>
  Object.fromEntries(parameters.map(({ parameter, status }) => [parameter, status]))

describe('POST /v1/compatibility', () => {
  it('says of every parameter what the code that serves the request does with it, and asks no vendor', async () => {
    const { gateway, requests } = await world()
    const same = await report(gateway, { model: 'fast' })
    expect(same).toMatchObject({ plan: 'passthrough' })
    expect(same.parameters.filter(({ status }) => status !== 'honoured')).toEqual([
      { parameter: 'reasoning_effort', status: 'dropped', why: 'this model has no efforts' },
    ])
    const other = await report(gateway, { model: 'claude-old' })
    expect(other).toMatchObject({ compatible: false, plan: 'translate' })
    expect(verdicts(other)).toMatchObject({
      temperature: 'honoured',
      tools: 'honoured',
      tool_choice: 'honoured',
      stream: 'honoured',
      logit_bias: 'dropped',
      seed: 'dropped',
      n: 'refused',
    })
    // It is the model's answer, not the vendor's.
    expect(verdicts(await report(gateway, { model: 'new' }))).toMatchObject({ temperature: 'dropped' })
    expect(requests()).toEqual([])
  })

  it('is about the parameters of the request where it has some, with its values', async () => {
    const { gateway } = await world()
    const body = { model: 'claude-old', temperature: 0.5, n: 1, seed: 7, messages: [{ role: 'user', content: 'Hi' }] }
    const told = await report(gateway, body)
    expect(await report(gateway, { ...body, seed: undefined })).toMatchObject({ compatible: true, suggestions: [] })
    expect(verdicts(told)).toEqual({ temperature: 'honoured', n: 'honoured', seed: 'dropped' })
    expect(told.suggestions).toEqual([expect.stringMatching(/^Leave out seed/)])
    const refused = await report(gateway, { ...body, n: 3 })
    expect(refused.refusal).toContain('n')
    expect(verdicts(refused)).toMatchObject({ n: 'refused' })
  })

  it('says what would be dropped where the request itself says it', async () => {
    const { gateway } = await world()
    const body = { model: 'claude-old', seed: 7, messages: [{ role: 'user', content: 'Hi' }] }
    const answer = await post(gateway, '/v1/chat/completions', body)
    expect(answer.headers['x-ucr-dropped']).toBe('seed')
    expect(verdicts(await report(gateway, body))).toEqual({ seed: 'dropped' })
  })

  it.each([
    [{}, 'model'],
    [{ model: 1 }, 'model'],
  ])('refuses %j', async (body, param) => {
    const { gateway } = await world()
    expect(await post(gateway, '/v1/compatibility', body)).toMatchObject({
      status: 400,
      text: expect.stringContaining(param),
    })
  })

  it('refuses more parameters than any request has', async () => {
    const { gateway } = await world()
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`p${index}`, 1]))
    expect((await post(gateway, '/v1/compatibility', { model: 'fast', ...many })).status).toBe(400)
    expect((await post(gateway, '/v1/compatibility', { model: 'nobody' })).status).toBe(404)
  })
})

describe('POST /v1/models/validate', () => {
  it('says who would answer, or what may be meant', async () => {
    const { gateway } = await world()
    const good = await post(gateway, '/v1/models/validate', { model: 'fast' })
    expect(good.json()).toMatchObject({ model: 'fast', valid: true, provider: 'gpt', resolved_model: 'gpt-4o' })
    const bad = await post(gateway, '/v1/models/validate', { model: 'fsat' })
    expect(bad.status).toBe(200)
    expect(bad.json()).toMatchObject({ valid: false, error: { code: 'model_not_found' }, suggestions: ['fast'] })
  })

  it('tells a key only of models that it may use', async () => {
    const { gateway } = await world({ auth: { keys: [{ name: 'one', hash: hashKey(KEY), models: ['fast'] }] } })
    const headers = { authorization: `Bearer ${KEY}` }
    const own = await post(gateway, '/v1/models/validate', { model: 'fast' }, headers)
    expect(own.json()).toMatchObject({ valid: true })
    const other = await post(gateway, '/v1/models/validate', { model: 'claude-old' }, headers)
    expect(other.json()).toMatchObject({ valid: false })
    expect(other.text).not.toContain('claude-sonnet')
    const path = `${gateway.url}/v1/models/claude-old/capabilities`
    expect((await ask(path, { headers })).status).toBeGreaterThanOrEqual(400)
  })
})

describe('GET /v1/models/{id}/capabilities', () => {
  it('says what the model takes that would answer', async () => {
    const { gateway } = await world()
    const answer = await ask(`${gateway.url}/v1/models/new/capabilities`)
    expect(answer.json()).toMatchObject({
      id: 'new',
      object: 'model.capabilities',
      provider: 'claude',
      model: 'claude-sonnet-5',
      capabilities: { streaming: true, function_calling: true, sampling: false },
    })
    const encoded = `${gateway.url}/v1/models/${encodeURIComponent('team/old')}/capabilities`
    expect((await ask(encoded)).json()).toMatchObject({ capabilities: { sampling: true } })
    const missing = await ask(`${gateway.url}/v1/models/nobody/capabilities`)
    expect(missing.status).toBe(404)
    expect(missing.json()).toMatchObject({ error: { code: 'model_not_found' } })
  })

  it('says it of all models in the list, where that is asked for', async () => {
    const { gateway } = await world()
    const { data } = (await ask(`${gateway.url}/v1/models?capabilities=true&metadata=true`)).json() as { data: Json[] }
    expect(data).toHaveLength(4)
    for (const model of data) expect(model).toMatchObject({ capabilities: { streaming: true } })
    expect((await ask(`${gateway.url}/v1/models`)).text).not.toContain('capabilities')
  })
})
