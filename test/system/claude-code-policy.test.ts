import { describe, expect, it } from 'vitest'
import { hashKey } from '../../src/admission/keys.ts'
import type { Answer } from '../support/ask.ts'
import type { ConfigFile } from '../support/gateway.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import type { ProviderFile } from '../support/install.ts'
import { EVERY_SPEAKER, SPEAKERS, saying } from '../support/speakers.ts'
import type { Speaker } from '../support/speakers.ts'
import { standInClaude } from '../support/stand-in-claude.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const { chat, messages } = SPEAKERS
const ENVIRONMENT = { ANTHROPIC_API_KEY: 'sk-ant-0123456789' }

/** Whoever asks for all that the fields can say. */
const GREEDY = {
  'x-claude-allowed-tools': 'Bash,Read,Write,WebFetch,Bash(rm:*)',
  'x-claude-permission-mode': 'bypassPermissions',
  'x-claude-max-turns': '100',
}

async function world(options: Partial<ProviderFile> = {}, config: ConfigFile = {}) {
  const program = standInClaude(temporaryFolder())
  const far = provider('far', chat, (await vendorOf(saying(chat, 'Hello'))).url)
  const code = { id: 'code', type: 'claude-code', command: program.path, models: ['sonnet'], ...options }
  const gateway = await install({ providers: [code, far], ...config }, { environment: ENVIRONMENT })
  const asking = (client: Speaker, headers = {}, model = 'code/sonnet'): Promise<Answer> =>
    generate(gateway, client, model, {}, headers)
  return { program, asking }
}

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
            { name: 'other', hash: hashKey(keys.other), models: ['agent'] },
          ],
        },
      },
    )
    const as = (key: string) => ({ authorization: `Bearer ${key}`, 'x-api-key': key, ...GREEDY })
    for (const name of ['code/sonnet', 'sonnet', 'agent']) {
      expect((await asking(client, as(keys.one), name)).status, name).toBe(403)
    }
    expect(program.asked()).toEqual([])
    expect((await asking(client, as(keys.other), 'agent')).status).toBe(200)
    expect(powersOf(program.asked()[0])).toMatchObject({ tools: 'Read' })
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
