import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Json } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { install, provider, vendorOf } from '../support/install.ts'
import type { ProviderFile } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { standInClaude } from '../support/stand-in-claude.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

type Environment = Readonly<Record<string, string>>

const KEY = 'client-key-0123456789'
const { chat } = SPEAKERS

/** Claude Code with a folder for its login, which is empty. */
function world(version?: string) {
  const folder = temporaryFolder()
  const program = standInClaude(folder, version)
  const configFolder = join(folder, 'login')
  mkdirSync(configFolder)
  const code = (more: Partial<ProviderFile> = {}): ProviderFile => ({
    id: 'code',
    type: 'claude-code',
    command: program.path,
    configFolder,
    ...more,
  })
  return { folder, program, configFolder, code }
}

const start = (environment: Environment, ...providers: ProviderFile[]): Promise<TestGateway> =>
  install({ providers }, { environment })

const read = async ({ url }: TestGateway, headers = {}): Promise<{ readonly text: string; readonly auth: unknown }> => {
  const { status, text } = await ask(`${url.replace('0.0.0.0', '127.0.0.1')}/v1/auth/status`, { headers })
  expect(status, text).toBe(200)
  return { text, auth: (JSON.parse(text) as Json)['claude_code_auth'] }
}

const block = (method: string, variables: readonly string[], errors: readonly string[] = []): Json => ({
  method,
  status: { method, valid: errors.length === 0, errors, config: { provider: 'code', version: '2.1.330' } },
  environment_variables: variables,
})

describe('claude_code_auth of GET /v1/auth/status', () => {
  const KEYED = { ANTHROPIC_API_KEY: 'value-of-a-key' }
  const BEDROCK = { ...KEYED, CLAUDE_CODE_USE_BEDROCK: '1', AWS_REGION: 'value-of-a-region' }
  const VERTEX = { ...KEYED, CLAUDE_CODE_USE_VERTEX: '1', CLOUD_ML_REGION: 'value-of-a-region' }

  it.each<[string, Environment, string, readonly string[]]>([
    ['Bedrock before all others', { ...VERTEX, ...BEDROCK }, 'bedrock', ['AWS_REGION', 'CLAUDE_CODE_USE_BEDROCK']],
    ['Vertex before a key', VERTEX, 'vertex', ['CLAUDE_CODE_USE_VERTEX', 'CLOUD_ML_REGION']],
    ['a key before a login', { ...KEYED, CLAUDE_CODE_OAUTH_TOKEN: 'x' }, 'anthropic', ['ANTHROPIC_API_KEY']],
    ['a token', { CLAUDE_CODE_OAUTH_TOKEN: 'value-of-a-token' }, 'claude_cli', ['CLAUDE_CODE_OAUTH_TOKEN']],
  ])('names %s, and its variables without their values', async (_, environment, method, variables) => {
    const { code } = world()
    const { text, auth } = await read(await start({ OPENAI_API_KEY: 'value-of-another', ...environment }, code()))
    expect(auth).toEqual(block(method, variables))
    expect(text).not.toContain('value-of')
    expect(text).not.toMatch(/length|OPENAI/)
  })

  it("knows the program's own login, and that there is none", async () => {
    const { code, configFolder } = world()
    const gateway = await start({}, code())
    expect((await read(gateway)).auth).toEqual(
      block('claude_cli', [], ['Claude Code is not signed in, and has no key.']),
    )
    writeFileSync(join(configFolder, '.credentials.json'), '{"claudeAiOauth":{"accessToken":"value-of-a-login"}}')
    const { text, auth } = await read(gateway)
    expect(auth).toEqual(block('claude_cli', []))
    expect(text).not.toContain('value-of')
  })

  it('takes a key of the config before all variables, of which then none counts', async () => {
    const { code } = world()
    const { text, auth } = await read(await start(BEDROCK, code({ apiKey: 'value-of-the-config' })))
    expect(auth).toEqual(block('anthropic', []))
    expect(text).not.toContain('value-of')
  })

  it('says why the program cannot be run, and not where it is', async () => {
    const { code, folder } = world('2.1.100')
    const old = await read(await start(KEYED, code()))
    expect(old.auth).toMatchObject({ status: { valid: false, errors: ['The program is too old to be safe.'] } })
    const missing = await read(await start(KEYED, code({ command: join(folder, 'nothing') })))
    expect(missing.auth).toMatchObject({
      method: 'anthropic',
      status: { valid: false, errors: ['There is no program that can be run.'], config: { version: null } },
    })
    for (const { text } of [old, missing]) expect(text).not.toContain(folder)
  })

  it('is null without such a provider, and is there after a reload with one', async () => {
    const { code } = world()
    const far = provider('far', chat, (await vendorOf(saying(chat, 'Hello'))).url)
    const gateway = await start(KEYED, far)
    expect((await read(gateway)).auth).toBeNull()
    await gateway.rewrite({ providers: [far, code()] })
    expect((await read(gateway)).auth).toMatchObject({ method: 'anthropic' })
  })

  it('is only for holders of a key where other machines reach the gateway', async () => {
    const { code, program } = world()
    const config: ConfigFile = {
      server: { host: '0.0.0.0' },
      auth: { keys: [{ name: 'me', key: KEY }] },
      providers: [code()],
    }
    const gateway = await install(config, { environment: KEYED })
    for (const headers of [{}, { authorization: 'Bearer another-key-0123456789' }]) {
      const { text } = await read(gateway, headers)
      expect(Object.keys(JSON.parse(text) as Json)).toEqual(['authentication', 'server_info'])
      expect(text).not.toMatch(/claude_|ANTHROPIC|version/)
    }
    expect(program.wasRun()).toBe(false)
    const { auth } = await read(gateway, { authorization: `Bearer ${KEY}` })
    expect(auth).toEqual(block('anthropic', ['ANTHROPIC_API_KEY']))
  })
})
