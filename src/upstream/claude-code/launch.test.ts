import { describe, expect, it } from 'vitest'
import { DEFAULT_CLAUDE_CODE_OPTIONS } from '../../providers/claude-code-options.ts'
import type { Launch } from './launch.ts'
import { launchOf } from './launch.ts'
import type { ClaudeCodeSettings } from './settings.ts'
import { readTurn } from './turn.ts'

const SETTINGS: ClaudeCodeSettings = { ...DEFAULT_CLAUDE_CODE_OPTIONS, id: 'code', baseUrl: null }

function launch(
  request: object,
  settings: Partial<ClaudeCodeSettings> = {},
  environment: Readonly<Record<string, string>> = {},
  apiKey: string | null = null,
): Launch {
  const body = { model: 'sonnet', messages: [{ role: 'user', content: 'Hello' }], ...request }
  const turn = readTurn(JSON.stringify(body), {})
  if ('status' in turn) throw new Error(turn.message)
  const launched = launchOf(turn, { ...SETTINGS, ...settings }, null, environment, apiKey)
  if ('status' in launched) throw new Error(launched.message)
  return launched
}

describe('launchOf()', () => {
  it("puts nothing of the client's text into arguments, and is the same for another conversation", () => {
    const one = launch({ system: 'Secret one', messages: [{ role: 'user', content: 'Secret two' }] })
    expect(JSON.stringify(one)).not.toContain('Secret')
    expect(launch({}).key).toBe(one.key)
    expect(launch({ temperature: 0.5 }).key).not.toBe(one.key)
    expect(launch({}, {}, {}, 'other-key').key).not.toBe(one.key)
  })

  it('switches all tools of the program off unless the config allows some', () => {
    const { arguments: none } = launch({})
    expect(none[none.indexOf('--tools') + 1]).toBe('')
    const { arguments: some } = launch({}, { allowedTools: ['Read', 'Bash(ls:*)', 'Bash(cat:*)'] })
    expect(some[some.indexOf('--tools') + 1]).toBe('Read,Bash')
    expect(some).toEqual(expect.arrayContaining(['Read', 'Bash(ls:*)', 'Bash(cat:*)']))
    const { arguments: shadowed } = launch(
      { tools: [{ name: 'Bash', input_schema: {} }] },
      { allowedTools: ['Read', 'Bash'] },
    )
    expect(shadowed[shadowed.indexOf('--tools') + 1]).toBe('Read')
  })

  it('hands on of the environment only what the program needs for the way it signs in', () => {
    const environment = {
      PATH: '/bin',
      OPENAI_API_KEY: 'openai',
      AWS_SECRET_ACCESS_KEY: 'aws',
      ANTHROPIC_API_KEY: 'anthropic',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:3000',
      CLAUDE_CODE_OAUTH_TOKEN: 'oauth',
      CLAUDE_CODE_EXTRA_BODY: '{"temperature":2}',
    }
    const plain = launch({}, {}, environment).environment
    expect(plain).toMatchObject({ PATH: '/bin', ANTHROPIC_API_KEY: 'anthropic', CLAUDE_CODE_EXTRA_BODY: '{}' })
    for (const secret of ['openai', 'aws', 'oauth', '127.0.0.1']) expect(JSON.stringify(plain)).not.toContain(secret)
    const bedrock = launch({}, {}, { ...environment, CLAUDE_CODE_USE_BEDROCK: '1' }).environment
    expect(bedrock).toMatchObject({ CLAUDE_CODE_USE_BEDROCK: '1', AWS_SECRET_ACCESS_KEY: 'aws' })
    expect(bedrock['ANTHROPIC_API_KEY']).toBeUndefined()
    const keyed = launch({}, {}, { ...environment, CLAUDE_CODE_USE_BEDROCK: '1' }, 'given').environment
    expect(keyed['ANTHROPIC_API_KEY']).toBe('given')
    expect(keyed['CLAUDE_CODE_USE_BEDROCK']).toBeUndefined()
    const { ANTHROPIC_API_KEY: _key, ...signedIn } = environment
    expect(launch({}, {}, signedIn).environment['CLAUDE_CODE_OAUTH_TOKEN']).toBe('oauth')
  })

  it('gives the variables of one cloud, and no key of another vendor whose name is like theirs', () => {
    const environment = {
      CLAUDE_CODE_USE_VERTEX: 'yes',
      CLOUD_ML_REGION: 'us-east5',
      GOOGLE_APPLICATION_CREDENTIALS: '/adc.json',
      GOOGLE_API_KEY: 'gemini',
      GOOGLE_GENERATIVE_AI_API_KEY: 'gemini',
      AWS_SECRET_ACCESS_KEY: 'aws',
    }
    const vertex = launch({}, { baseUrl: 'https://proxy.example' }, environment).environment
    expect(vertex).toMatchObject({
      CLAUDE_CODE_USE_VERTEX: 'yes',
      CLOUD_ML_REGION: 'us-east5',
      GOOGLE_APPLICATION_CREDENTIALS: '/adc.json',
      ANTHROPIC_VERTEX_BASE_URL: 'https://proxy.example/v1',
    })
    for (const secret of ['gemini', 'aws']) expect(JSON.stringify(vertex)).not.toContain(secret)
    const both = launch({}, {}, { ...environment, CLAUDE_CODE_USE_BEDROCK: 'true' }).environment
    expect(both).toMatchObject({ CLAUDE_CODE_USE_BEDROCK: 'true', AWS_SECRET_ACCESS_KEY: 'aws' })
    expect(both['CLAUDE_CODE_USE_VERTEX']).toBeUndefined()
    expect(both['CLOUD_ML_REGION']).toBeUndefined()
  })

  it('keeps the program from looking for models at a cloud that it does not need', () => {
    const cloud = { CLAUDE_CODE_USE_BEDROCK: '1', ANTHROPIC_DEFAULT_HAIKU_MODEL: 'us.anthropic.haiku' }
    const named = (model: string, environment: Readonly<Record<string, string>>, allowedTools: string[] = []) =>
      Object.fromEntries(
        Object.entries(launch({ model }, { allowedTools }, environment).environment)
          .filter(([name]) => name.startsWith('ANTHROPIC_DEFAULT_'))
          .map(([name, value]) => [name.split('_')[2]?.toLowerCase(), value]),
      )
    expect(named('us.anthropic.claude-sonnet-5', cloud)).toEqual({
      haiku: 'us.anthropic.haiku',
      opus: 'unused',
      sonnet: 'unused',
    })
    expect(named('opus[1m]', { CLAUDE_CODE_USE_VERTEX: '1' })).toEqual({ sonnet: 'unused', haiku: 'unused' })
    expect(named('opusplan', cloud)).toEqual({ haiku: 'us.anthropic.haiku' })
    expect(named('claude-sonnet-5', cloud, ['WebFetch'])).toEqual({ haiku: 'us.anthropic.haiku' })
    expect(named('claude-sonnet-5', {})).toEqual({})
  })

  it('lets the model think only where the request says so', () => {
    expect(launch({}).environment['CLAUDE_CODE_DISABLE_THINKING']).toBe('1')
    const asked = launch({ thinking: { type: 'enabled', budget_tokens: 2000 } }).environment
    expect(asked['CLAUDE_CODE_DISABLE_THINKING']).toBeUndefined()
    expect(asked['CLAUDE_CODE_EXTRA_BODY']).toContain('2000')
  })

  it('refuses what no variable can hold', () => {
    expect(() => launch({ output_config: { format: 'x'.repeat(200_000) } })).toThrow(/too large/)
  })
})
