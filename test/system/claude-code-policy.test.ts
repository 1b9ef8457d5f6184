import { describe, expect, it } from 'vitest'
import { hashKey } from '../../src/admission/keys.ts'
import { adminOf } from '../support/admin.ts'
import type { Answer, Json } from '../support/ask.ts'
import type { ConfigFile } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import type { ProviderFile } from '../support/install.ts'
import { EVERY_SPEAKER, SPEAKERS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { standInClaude } from '../support/stand-in-claude.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { claimsAt, keySet, signed, signingKey } from '../support/tokens.ts'
import type { UpstreamScript } from '../support/upstream.ts'

const { chat, messages } = SPEAKERS
const ENVIRONMENT = { ANTHROPIC_API_KEY: 'sk-ant-0123456789' }

/** Whoever asks for all that the fields can say. */
const GREEDY = {
  'x-claude-allowed-tools': 'Bash,Read,Write,WebFetch,Bash(rm:*)',
  'x-claude-permission-mode': 'bypassPermissions',
  'x-claude-max-turns': '100',
}

async function world(
  options: Partial<ProviderFile> = {},
  config: ConfigFile = {},
  vendor: UpstreamScript = saying(chat, 'Hello'),
) {
  const program = standInClaude(temporaryFolder())
  const far = provider('far', chat, (await vendorOf(vendor)).url)
  const code = { id: 'code', type: 'claude-code', command: program.path, models: ['sonnet'], ...options }
  const gateway = await install({ providers: [code, far], ...config }, { environment: ENVIRONMENT })
  const asking = (client: Speaker, headers = {}, model = 'code/sonnet'): Promise<Answer> =>
    generate(gateway, client, model, {}, headers)
  return { program, asking, gateway }
}

/** Of a program that answers, and does nothing else. */
const NO_POWERS = { tools: '', allowed: ['mcp__client'], mode: 'dontAsk' }

const withKey = (key: string) => ({ authorization: `Bearer ${key}`, 'x-api-key': key })

/** What the program may do by itself, by how it was started. */
function powersOf(args: readonly string[] | undefined) {
  const after = (name: string): string | undefined => args?.[args.indexOf(name) + 1]
  const from = args?.indexOf('--allowedTools') ?? -1
  const allowed = args?.slice(from + 1) ?? []
  const end = allowed.findIndex((argument) => argument.startsWith('--'))
  return {
    tools: after('--tools'),
    allowed: end === -1 ? allowed : allowed.slice(0, end),
    mode: after('--permission-mode'),
    turns: args?.includes('--max-turns') === true ? after('--max-turns') : null,
  }
}

describe.each(EVERY_SPEAKER)("Claude Code's own tools ($type clients)", (client) => {
  it.each([{}, GREEDY])('are off where the config allows none, whatever is asked for: %j', async (headers) => {
    const { program, asking } = await world()
    const answer = await asking(client, headers)
    expect(answer.status, answer.text).toBe(200)
    expect(powersOf(program.asked()[0])).toMatchObject({ tools: '', allowed: ['mcp__client'], mode: 'dontAsk' })
  })

  it('are those that the config allows, of which a header takes away and to which none adds', async () => {
    const { program, asking } = await world({ allowedTools: ['Read', 'Bash(git log:*)'], maxTurns: 5 })
    const greedy = { ...GREEDY, 'x-claude-disallowed-tools': 'Edit' }
    for (const headers of [{}, greedy, { 'x-claude-allowed-tools': 'Read,Write', 'x-claude-max-turns': '2' }]) {
      const answer = await asking(client, headers)
      expect(answer.status, answer.text).toBe(200)
    }
    const all = { tools: 'Read,Bash', allowed: ['mcp__client', 'Read', 'Bash(git log:*)'], mode: 'dontAsk', turns: '5' }
    expect(program.asked().map(powersOf)).toEqual([
      all,
      all,
      { ...all, tools: 'Read', allowed: ['mcp__client', 'Read'], turns: '2' },
    ])
  })

  it('are out of reach for a key that may not ask for the model, by any of its names', async () => {
    const keys = { one: 'key-of-one-0123456789', other: 'key-of-other-0123456789' }
    const { program, asking } = await world(
      { allowedTools: ['Read'] },
      {
        models: { agent: 'code/sonnet' },
        auth: {
          keys: [
            { name: 'one', hash: hashKey(keys.one), models: ['far/*'] },
            { name: 'other', hash: hashKey(keys.other), models: ['agent'], claudeTools: ['*'] },
          ],
        },
      },
    )
    const as = (key: string) => ({ ...withKey(key), ...GREEDY })
    for (const name of ['code/sonnet', 'sonnet', 'agent']) {
      expect((await asking(client, as(keys.one), name)).status, name).toBe(403)
    }
    expect(program.asked()).toEqual([])
    expect((await asking(client, as(keys.other), 'agent')).status).toBe(200)
    expect(powersOf(program.asked()[0])).toMatchObject({ tools: 'Read' })
  })

  it.each<[string, string[] | undefined, object]>([
    ['has none without a rule', undefined, NO_POWERS],
    ['has those that its rule names', ['Read'], { tools: 'Read', allowed: ['mcp__client', 'Read'], mode: 'dontAsk' }],
    [
      'has a part of a tool',
      ['Bash(git *)', 'WebFetch'],
      { tools: 'Bash', allowed: ['mcp__client', 'Bash(git *)'], mode: 'dontAsk' },
    ],
    [
      'has what the config allows where its rule says all',
      ['*'],
      { tools: 'Read,Bash', allowed: ['mcp__client', 'Read', 'Bash'], mode: 'bypassPermissions' },
    ],
  ])('are for a key: it %s, whatever its holder asks for', async (_, claudeTools, powers) => {
    const key = 'key-of-one-0123456789'
    const keys = [{ name: 'one', hash: hashKey(key), ...(claudeTools !== undefined && { claudeTools }) }]
    const options: Partial<ProviderFile> = { allowedTools: ['Read', 'Bash'], permissionMode: 'bypassPermissions' }
    const { program, asking } = await world(options, { auth: { keys } })
    const greedy = { ...GREEDY, 'x-claude-allowed-tools': 'Read,Bash,Write,Bash(git *)' }
    for (const headers of [{}, greedy]) {
      const answer = await asking(client, { ...withKey(key), ...headers })
      expect(answer.status, answer.text).toBe(200)
    }
    expect(program.asked().map(powersOf)).toMatchObject([powers, powers])
  })

  it.each<[string, ConfigFile]>([
    ['router.fallback', { router: { fallback: ['code/sonnet'] } }],
    ['an alias that falls back', { models: { agent: ['far/gpt-5.5', 'code/sonnet'] } }],
    ['an alias', { models: { agent: 'code/sonnet' } }],
  ])('stay off for a key without the rule that gets to the program by %s', async (_, config) => {
    const key = 'key-of-one-0123456789'
    const keys = [{ name: 'one', hash: hashKey(key), models: ['far/*', 'agent'] }]
    const { program, asking } = await world(
      { allowedTools: ['Read'], permissionMode: 'bypassPermissions' },
      { ...config, auth: { keys }, retry: { attempts: 1 } },
      (_asked, reply) => reply.answer(500, '{}'),
    )
    const name = config.models === undefined ? 'far/gpt-5.5' : 'agent'
    const answer = await asking(client, { ...withKey(key), ...GREEDY }, name)
    expect(answer.status, answer.text).toBe(200)
    expect(program.asked().map(powersOf)).toMatchObject([NO_POWERS])
  })
})

describe('a rule of the store', () => {
  it('is in force as soon as it is set, and gone as soon as it is taken away', async () => {
    const { program, asking, gateway } = await world({ allowedTools: ['Read', 'Write'] })
    const admin = adminOf(gateway)
    const { key } = await admin.create('laptop')
    const toolsAfter = async (rules: Json): Promise<string | undefined> => {
      expect((await admin.call('PATCH', '/laptop', rules)).json()).toMatchObject(rules)
      expect((await asking(chat, withKey(key))).status).toBe(200)
      return powersOf(program.asked().at(-1)).tools
    }
    expect(await toolsAfter({})).toBe('')
    expect(await toolsAfter({ claudeTools: ['Read'] })).toBe('Read')
    expect(await toolsAfter({ claudeTools: ['*'] })).toBe('Read,Write')
    expect(await toolsAfter({ claudeTools: [] })).toBe('')
    const wrong = await admin.call('PATCH', '/laptop', { claudeTools: ['Read,Write'] })
    expect(wrong.status).toBe(400)
  })
})

describe('a token', () => {
  it('has the tools of the key that it stands for, and none without one', async () => {
    const signer = await signingKey('one')
    const jwks = JSON.parse(keySet(signer)) as { keys: Record<string, string>[] }
    const issuer = { issuer: 'https://login.example.com/', audience: 'ucr', jwks }
    const keys = [{ name: 'team', key: 'key-of-the-team', claudeTools: ['Read'] }]
    for (const [more, tools] of [
      [{}, ''],
      [{ key: 'team' }, 'Read'],
    ] as const) {
      const { program, asking } = await world(
        { allowedTools: ['Read', 'Write'] },
        { auth: { keys, jwt: [{ ...issuer, ...more }] } },
      )
      const token = await signed(claimsAt(Date.now()), signer)
      expect((await asking(chat, withKey(token))).status).toBe(200)
      expect(powersOf(program.asked()[0])).toMatchObject({ tools })
    }
  })
})

describe('an answer that is kept', () => {
  it('is for those who may use the same tools, also within one tenant', async () => {
    const signer = await signingKey('one')
    const jwks = JSON.parse(keySet(signer)) as { keys: Record<string, string>[] }
    const jwt = [{ issuer: 'https://login.example.com/', audience: 'ucr', jwks, claims: { key: 'ucr_key' } }]
    const keys = [
      { name: 'reader', key: 'key-of-the-reader', claudeTools: ['Read'] },
      { name: 'talker', key: 'key-of-the-talker' },
    ]
    const { program, gateway } = await world({ allowedTools: ['Read'] }, { auth: { keys, jwt } })
    const cacheOf = async (name: string): Promise<unknown> => {
      const token = await signed(claimsAt(Date.now(), { ucr_key: name }), signer)
      const answer = await generate(gateway, chat, 'code/sonnet', { temperature: 0 }, withKey(token))
      expect(answer.status, answer.text).toBe(200)
      return answer.headers['x-ucr-cache']
    }
    const names = ['reader', 'reader', 'talker', 'talker']
    const seen: unknown[] = []
    for (const name of names) seen.push(await cacheOf(name))
    expect(seen).toEqual(['miss', 'hit', 'miss', 'hit'])
    expect(program.asked().map((args) => powersOf(args).tools)).toEqual(['Read', ''])
  })
})

describe('x-claude-* fields', () => {
  it('reach no vendor', async () => {
    const vendor = await vendorOf(saying(messages, 'Hello'))
    const gateway = await install({ providers: [provider('far', messages, vendor.url)] })
    await generate(gateway, messages, `far/${messages.model}`, {}, GREEDY)
    const request = vendor.requests.find(({ method }) => method === 'POST')
    expect(Object.keys(request?.headers ?? {}).filter((name) => name.startsWith('x-claude-'))).toEqual([])
  })
})
