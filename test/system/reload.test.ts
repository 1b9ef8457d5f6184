import { rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { generate, generateOpen, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { EVERY_SPEAKER, SPEAKERS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import type { Upstream } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS

/** As the gateways of the tests write it. */
function textOf(config: ConfigFile): string {
  return JSON.stringify({ ...config, server: { port: 0, ...config.server } }, null, 2)
}

const loaded = (gateway: TestGateway, message: string): number =>
  gateway.log.filter(({ msg }) => msg === message).length

const RELOADED = 'config reloaded'
const REFUSED = 'config has errors; the one before stays in use'

/** Does what changes files, and waits until the gateway has noticed it by itself. */
async function noticed(gateway: TestGateway, change: () => Promise<void>, message = RELOADED): Promise<void> {
  const before = loaded(gateway, message)
  await change()
  await gateway.logged(() => loaded(gateway, message) > before)
}

/** Writes the file as an editor does, and waits until the gateway has noticed. */
function edit(gateway: TestGateway, config: ConfigFile | string, message = RELOADED): Promise<void> {
  const text = typeof config === 'string' ? config : textOf(config)
  return noticed(gateway, () => writeFile(gateway.configPath, text), message)
}

const warnings = (gateway: TestGateway): readonly string[] =>
  gateway.log
    .filter(({ level, msg }) => level === 'warn' && String(msg).startsWith('config: '))
    .map(({ msg }) => String(msg))

/** A vendor that begins every stream and waits with the rest. */
async function halfway(vendor: Speaker): Promise<{ readonly upstream: Upstream; readonly finish: () => void }> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const upstream = await vendorOf(async (_asked, reply) => {
    await reply.streamHead()
    for (const event of vendor.opening('Begun before, ')) await reply.chunk(event)
    await promise
    for (const event of vendor.rest('ended after.')) await reply.chunk(event)
    await reply.lastChunk()
  })
  return { upstream, finish: resolve }
}

const STREAMS = 50

/** Streams that have begun; what they were read to, and the rest of them later. */
async function openStreams(gateway: TestGateway, model: string): Promise<() => Promise<string[]>> {
  const opened = await Promise.all(
    Array.from({ length: STREAMS }, async (_, index) => {
      const client = index % 2 === 0 ? chat : messages
      const answer = await generateOpen(gateway, client, model)
      return { client, answer, before: await answer.until(({ data }) => data.includes('Begun before, ')) }
    }),
  )
  return () =>
    Promise.all(
      opened.map(async ({ client, answer, before }) =>
        client.wordsOf({ text: '', events: [...before, ...(await answer.until(() => false))] }),
      ),
    )
}

describe('a config that changes while fifty streams are under way', () => {
  it('moves a provider for new requests only', async () => {
    const { upstream, finish } = await halfway(messages)
    const moved = await vendorOf(saying(messages, 'From the new place.'))
    const gateway = await install({ providers: [provider('far', messages, upstream.url)] })
    const rest = await openStreams(gateway, 'far/claude-sonnet-5')
    await edit(gateway, { providers: [provider('far', messages, moved.url, { apiKey: 'the-new-key-0123456789' })] })
    for (const client of EVERY_SPEAKER) {
      expect(client.wordsOf(await generate(gateway, client, 'far/claude-sonnet-5'))).toBe('From the new place.')
    }
    expect(new Set(moved.requests.map(({ headers }) => headers['x-api-key']))).toEqual(
      new Set(['the-new-key-0123456789']),
    )
    expect(upstream.requests).toHaveLength(STREAMS)
    finish()
    expect(new Set(await rest())).toEqual(new Set(['Begun before, ended after.']))
  })

  it('takes a provider away for new requests only', async () => {
    const { upstream, finish } = await halfway(messages)
    const other = await vendorOf(saying(chat, 'From the other.'))
    const gateway = await install({
      providers: [provider('far', messages, upstream.url), provider('other', chat, other.url)],
    })
    const rest = await openStreams(gateway, 'far/claude-sonnet-5')
    await edit(gateway, { providers: [provider('other', chat, other.url)] })
    // The name is no provider's any more, so it is a model that only the default can take.
    const answer = await generate(gateway, chat, 'far/claude-sonnet-5')
    expect(answer.headers['x-ucr-provider']).toBe('other')
    finish()
    expect(new Set(await rest())).toEqual(new Set(['Begun before, ended after.']))
  })

  it('and is broken: nothing happens to anybody', async () => {
    const { upstream, finish } = await halfway(messages)
    const quick = await vendorOf(saying(chat, 'As before.'))
    const providers = [provider('far', messages, upstream.url), provider('quick', chat, quick.url)]
    const gateway = await install({ providers })
    const rest = await openStreams(gateway, 'far/claude-sonnet-5')
    await edit(gateway, textOf({ providers }).slice(0, 120), REFUSED)
    expect(chat.wordsOf(await generate(gateway, chat, 'quick/gpt-5.5'))).toBe('As before.')
    const figures = async () => (await ask(`${gateway.url}/metrics`)).text
    expect(await figures()).toMatch(
      /^ucr_config_reloads_total 0\n[^]*^ucr_config_refusals_total [1-9][^]*^ucr_config_outdated 1$/m,
    )
    await edit(gateway, { providers })
    expect(await figures()).toMatch(/^ucr_config_reloads_total [1-9][^]*^ucr_config_outdated 0$/m)
    finish()
    expect(new Set(await rest())).toEqual(new Set(['Begun before, ended after.']))
  })

  it('again and again: no request is lost', async () => {
    const places = await Promise.all(
      ['One.', 'Two.'].map(async (words) => provider('far', chat, (await vendorOf(saying(chat, words))).url)),
    )
    const configs = places.map((place): ConfigFile => ({ providers: [place] }))
    const gateway = await install(configs[0] ?? {})
    const over = new AbortController()
    const load = Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const words: string[] = []
        while (!over.signal.aborted) {
          const client = index % 2 === 0 ? chat : messages
          const answer = await generate(gateway, client, 'far/gpt-5.5', { stream: index % 4 < 2 })
          words.push(client.wordsOf(answer))
        }
        return words
      }),
    )
    for (let count = 1; count <= 10; count++) await gateway.rewrite(configs[count % 2] ?? {})
    over.abort()
    expect(new Set((await load).flat())).toEqual(new Set(['One.', 'Two.']))
    expect(loaded(gateway, RELOADED)).toBeGreaterThanOrEqual(10)
  })
})

describe('a wrong config is refused, and the log says what to change:', () => {
  const good = (url: string): ConfigFile => ({ providers: [provider('far', chat, url)] })
  const line = (path: string, number: number): string => `config: ${path}:${number}:`

  /** What a broken file is reported as, as long as the one before goes on. */
  async function reported(change: (text: string) => string): Promise<{ readonly told: string; readonly path: string }> {
    const { url } = await vendorOf(saying(chat, 'As before.'))
    const gateway = await install(good(url))
    await edit(gateway, change(textOf(good(url))), REFUSED)
    expect(chat.wordsOf(await generate(gateway, chat, 'gpt-5.5'))).toBe('As before.')
    expect(loaded(gateway, RELOADED)).toBe(0)
    return { told: warnings(gateway).join('\n'), path: gateway.configPath }
  }

  it('JSON that ends too early', async () => {
    const { told, path } = await reported((text) => text.slice(0, text.indexOf('"models"')))
    expect(told).toContain(line(path, 8))
  })

  it('JSON with a missing comma', async () => {
    const { told, path } = await reported((text) => text.replace('"type": "openai",', '"type": "openai"'))
    expect(told).toContain(line(path, 6))
  })

  it('an empty file', async () => {
    expect((await reported(() => '')).told).toContain('config: ')
  })

  it('a vendor that nobody knows', async () => {
    const { told, path } = await reported((text) => text.replace('"type": "openai"', '"type": "opnai"'))
    expect(told).toContain(line(path, 5))
    expect(told).toContain('providers[0].type')
  })

  it('a target that names no provider', async () => {
    const { told, path } = await reported((text) => text.replace('{\n', '{\n  "models": { "fast": "fra/gpt-5.5" },\n'))
    expect(told).toContain(line(path, 2))
    expect(told).toContain('models.fast')
  })

  it('a variable that is not set', async () => {
    const { told, path } = await reported((text) => text.replace('key-of-far-0123456789', '${NOT_SET_ANYWHERE}'))
    expect(told).toContain(line(path, 7))
    expect(told).toContain('NOT_SET_ANYWHERE')
  })

  it('a number out of range', async () => {
    const { told } = await reported((text) => text.replace('"port": 0', '"port": 70000'))
    expect(told).toContain('server.port')
  })

  it('the same id twice', async () => {
    const twice = textOf({ providers: [provider('far', chat, 'http://a'), provider('far', chat, 'http://b')] })
    expect((await reported(() => twice)).told).toContain('providers[1].id')
  })

  it('and when it is right again, it is used', async () => {
    const before = await vendorOf(saying(chat, 'Before.'))
    const after = await vendorOf(saying(chat, 'After.'))
    const gateway = await install(good(before.url))
    await edit(gateway, '{', REFUSED)
    await edit(gateway, good(after.url))
    expect(chat.wordsOf(await generate(gateway, chat, 'gpt-5.5'))).toBe('After.')
  })

  it('a file that goes away leaves everything as it was, and is used when it is back', async () => {
    const before = await vendorOf(saying(chat, 'Before.'))
    const after = await vendorOf(saying(chat, 'After.'))
    const gateway = await install(good(before.url))
    await noticed(gateway, () => unlink(gateway.configPath), REFUSED)
    expect(chat.wordsOf(await generate(gateway, chat, 'gpt-5.5'))).toBe('Before.')
    await edit(gateway, good(after.url))
    expect(chat.wordsOf(await generate(gateway, chat, 'gpt-5.5'))).toBe('After.')
  })
})

describe('a reload', () => {
  it('is caused by a file that is renamed over the old one', async () => {
    const after = await vendorOf(saying(chat, 'After.'))
    const gateway = await install({ providers: [provider('far', chat, 'http://127.0.0.1:9')] })
    await noticed(gateway, async () => {
      await writeFile(`${gateway.configPath}.new`, textOf({ providers: [provider('far', chat, after.url)] }), {
        mode: 0o600,
      })
      await rename(`${gateway.configPath}.new`, gateway.configPath)
    })
    expect(chat.wordsOf(await generate(gateway, chat, 'gpt-5.5'))).toBe('After.')
  })

  it.each(EVERY_SPEAKER)('revokes a key for new requests, not for streams under way ($type)', async (client) => {
    const { upstream, finish } = await halfway(client)
    const providers = [provider('far', client, upstream.url)]
    const keys = (...names: string[]) => ({ keys: names.map((name) => ({ name, key: `client-key-of-${name}` })) })
    const gateway = await install({ providers, auth: keys('ann', 'bob') })
    const ann = { 'x-api-key': 'client-key-of-ann' }
    const bob = { authorization: 'Bearer client-key-of-bob' }
    const answer = await generateOpen(gateway, client, client.model, {}, ann)
    const before = await answer.until(({ data }) => data.includes('Begun before, '))
    await edit(gateway, { providers, auth: keys('bob', 'eve') })
    const refused = await generate(gateway, client, client.model, {}, ann)
    expect(refused.status).toBe(401)
    expect(client.errorOf(refused)['type']).toBe('authentication_error')
    finish()
    expect((await generate(gateway, client, client.model, { stream: true }, bob)).status).toBe(200)
    expect(
      (await generate(gateway, client, client.model, { stream: true }, { 'x-api-key': 'client-key-of-eve' })).status,
    ).toBe(200)
    const events = [...before, ...(await answer.until(() => false))]
    expect(client.wordsOf({ text: '', events })).toBe('Begun before, ended after.')
    expect(await recordOf(gateway, answer.headers['request-id'])).toMatchObject({ keyName: 'ann', status: 'complete' })
  })

  it('brings a new custom router, and a broken one leaves the old one in use', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'router.mjs')
    const choosing = (id: string): string => `export default () => '${id}'\n`
    await writeFile(path, choosing('one'))
    const vendors = await Promise.all(
      ['one', 'two'].map(async (id) => provider(id, chat, (await vendorOf(saying(chat, id))).url)),
    )
    const gateway = await install({ providers: vendors, router: { customRouter: path } })
    const chosen = async (): Promise<Json> => {
      const { headers } = await generate(gateway, chat, 'gpt-5.5')
      return { provider: headers['x-ucr-provider'], reason: headers['x-ucr-reason'], warning: headers['x-ucr-warning'] }
    }
    expect(await chosen()).toEqual({ provider: 'one', reason: 'custom_router', warning: undefined })
    await noticed(gateway, () => writeFile(path, choosing('two')))
    expect(await chosen()).toEqual({ provider: 'two', reason: 'custom_router', warning: undefined })
    await noticed(gateway, () => writeFile(path, 'export default () => {\n'))
    expect((await chosen())['warning']).toContain('custom router')
    await noticed(gateway, () => writeFile(path, choosing('one')))
    expect(await chosen()).toEqual({ provider: 'one', reason: 'custom_router', warning: undefined })
  })

  it('forgets the failures of a provider that was repaired, the first time too', async () => {
    const repaired = await vendorOf(saying(chat, 'Repaired.'))
    const config = (url: string): ConfigFile => ({
      providers: [provider('far', chat, url)],
      breaker: { minimumRequests: 1, resetTimeout: '1h' },
      retry: { attempts: 1 },
    })
    const broken = await vendorOf((_asked, reply) => reply.answer(500, '{}'))
    const gateway = await install(config(broken.url))
    expect((await generate(gateway, chat, 'gpt-5.5')).status).toBe(500)
    expect((await generate(gateway, chat, 'gpt-5.5')).status).toBe(503)
    await edit(gateway, config(repaired.url))
    expect(chat.wordsOf(await generate(gateway, chat, 'gpt-5.5'))).toBe('Repaired.')
  })

  it('keeps what is known of a provider that stays as it was', async () => {
    const broken = await vendorOf((_asked, reply) => reply.answer(500, '{}'))
    const config: ConfigFile = {
      providers: [provider('far', chat, broken.url)],
      breaker: { minimumRequests: 1, resetTimeout: '1h' },
      retry: { attempts: 1 },
    }
    const gateway = await install(config)
    expect((await generate(gateway, chat, 'gpt-5.5')).status).toBe(500)
    await edit(gateway, { ...config, strict: true })
    expect((await generate(gateway, chat, 'gpt-5.5')).status).toBe(503)
    expect(broken.requests).toHaveLength(1)
  })

  it('changes how streams fail for those that begin after it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const upstream = await vendorOf(async (_asked, reply) => {
      await reply.streamHead()
      for (const event of chat.opening('Begun before, ')) await reply.chunk(event)
      await promise
      reply.reset()
    })
    const providers = [provider('far', chat, upstream.url)]
    const gateway = await install({ providers, streamFailure: 'error' })
    const early = await generateOpen(gateway, chat, 'gpt-5.5')
    const before = await early.until(({ data }) => data.includes('Begun before, '))
    await edit(gateway, { providers, streamFailure: 'cut' })
    const late = generate(gateway, chat, 'gpt-5.5', { stream: true })
    await upstream.nextRequest()
    await upstream.nextRequest()
    resolve()
    expect(chat.errorOf({ text: '', events: [...before, ...(await early.until(() => false))] })).toBeDefined()
    expect((await late).cut).toBe(true)
  })

  it('changes the level of the log', async () => {
    const { url } = await vendorOf(saying(chat, 'Hello'))
    const providers = [provider('far', chat, url)]
    const gateway = await install({ providers, logging: { level: 'info' } }, { logLevel: 'info' })
    await gateway.rewrite({ providers, logging: { level: 'warn' } })
    const count = (): number => gateway.log.filter(({ msg }) => msg === 'request').length
    await generate(gateway, chat, 'gpt-5.5')
    expect(count()).toBe(0)
    await gateway.rewrite({ providers, logging: { level: 'info' } })
    await generate(gateway, chat, 'gpt-5.5')
    await gateway.logged(({ msg }) => msg === 'request')
    expect(count()).toBe(1)
  })

  it('says what needs a restart', async () => {
    const { url } = await vendorOf(saying(chat, 'Hello'))
    const providers = [provider('far', chat, url)]
    const gateway = await install({ providers })
    await edit(gateway, { providers, server: { port: 3999 } })
    expect(warnings(gateway)).toEqual(['config: takes effect after a restart: server.port'])
    expect(chat.wordsOf(await generate(gateway, chat, 'gpt-5.5'))).toBe('Hello')
  })

  it('keeps a conversation with the account that it had', async () => {
    const vendors = await Promise.all(
      Array.from({ length: 4 }, async (_, index) =>
        provider(`account${index}`, messages, (await vendorOf(saying(messages, 'Hello'))).url),
      ),
    )
    const gateway = await install({ providers: vendors })
    const headers = { 'x-claude-code-session-id': 'session-1' }
    const account = async (): Promise<string | undefined> =>
      (await generate(gateway, messages, 'claude-sonnet-5', {}, headers)).headers['x-ucr-provider']
    const before = await account()
    await edit(gateway, { providers: vendors, strict: true })
    expect(await account()).toBe(before)
  })
})
