import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { loadText, problemsOf } from '../../test/support/load-text.ts'
import { ConfigDocument, type Path } from './document.ts'
import { replaceAt } from './environment.ts'
import type { JsonValue } from '../lib/json.ts'
import { ConfigError, formatProblems } from './problem.ts'

/** As long as vendors' keys are. */
const CANARY = 'sk-ant-canary-0123456789-0123456789-0123456789'

/** Every kind of key, with secrets where secrets are. */
const CONFIG: JsonValue = {
  server: {
    host: '127.0.0.1',
    port: [3000],
    bodyLimit: '32mb',
    allowedHosts: ['a.example'],
    allowedOrigins: ['https://a.example'],
  },
  auth: { keys: [{ name: 'me', key: CANARY, models: ['claude-*'] }] },
  providers: [
    {
      id: 'gpt',
      type: 'openai',
      baseUrl: 'https://api.openai.com/v1',
      apiKey: CANARY,
      models: ['gpt-5.5'],
      defaultModel: 'gpt-5.5',
      enabled: true,
      priority: 1,
      protocol: 'openai-chat',
      headers: { authorization: `Bearer ${CANARY}` },
      timeouts: { connect: '5s' },
      dialect: { maxStop: 4, reasoning: { efforts: ['low'] } },
      capabilities: { vision: true },
      metadata: { token: CANARY },
    },
  ],
  models: {
    fast: 'gpt/x',
    list: ['gpt/*', { target: 'gpt', weight: 1 }],
    weighted: { policy: 'weighted', targets: ['gpt'] },
  },
  router: { default: 'gpt', fallback: ['gpt'], customRouter: './router.js', customRouterTimeout: 1 },
  timeouts: { idle: '1m' },
  retry: { budget: 0.1 },
  plan: 'auto',
  strict: false,
  logging: { level: 'info', file: 'ucr.log' },
  features: { token: CANARY },
}

function pathsOf(value: JsonValue, path: Path = []): Path[] {
  const inner =
    value === null || typeof value !== 'object'
      ? []
      : Array.isArray(value)
        ? value.flatMap((item, index) => pathsOf(item, [...path, index]))
        : Object.entries(value).flatMap(([name, item]) => pathsOf(item, [...path, name]))
  return path.length === 0 ? inner : [path, ...inner]
}

const files = { 'router.js': '' }

/** Everything that anybody could print of the problems. */
async function outputOf(config: unknown, environment = {}): Promise<string> {
  const problems = await problemsOf(config, { environment, files })
  return formatProblems(problems) + JSON.stringify(problems) + inspect(new ConfigError(problems), { depth: 9 })
}

function syntaxOutput(text: string): string {
  try {
    return new ConfigDocument('c.json', text).file
  } catch (error) {
    if (error instanceof ConfigError) return error.message + JSON.stringify(error.problems)
    throw error
  }
}

describe('problems of the config', () => {
  it('have no secret, whatever is wrong elsewhere', async () => {
    for (const path of pathsOf(CONFIG)) {
      for (const wrong of [null, -1, 'wrong', { wrong: 1 }]) {
        expect(await outputOf(replaceAt(CONFIG, path, wrong))).not.toContain('canary')
      }
    }
  }, 60_000)

  it('have no secret that stands in the wrong place', async () => {
    for (const path of pathsOf(CONFIG)) {
      for (const wrong of [CANARY, [CANARY], { a: CANARY }, { [CANARY.repeat(2)]: 1 }, `https://${CANARY}@a.example`]) {
        expect(await outputOf(replaceAt(CONFIG, path, wrong))).not.toContain('canary')
      }
    }
  }, 60_000)

  it.each<[Path, JsonValue]>([
    [['auth', 'keys', 0, 'key'], 'canary'],
    [['auth', 'keys', 0, 'hash'], 'canary'],
    [['providers', 0, 'apiKey'], 'canary ü'],
    [['providers', 0, 'apiKey'], ['canary']],
    [['providers', 0, 'baseUrl'], 'canary'],
    [['providers', 0, 'baseUrl'], 'https://canary:x@a.example'],
    [['providers', 0, 'baseUrl'], 'https://a.example?canary'],
    [['providers', 0, 'headers', 'authorization'], 'canary\n'],
    [['providers', 0, 'headers', 'authorization'], { a: 'canary' }],
  ])('have no secret at %j, however short, when it is what is wrong', async (path, wrong) => {
    const config = replaceAt(CONFIG, path, wrong)
    const problems = await problemsOf(config, { files })
    expect(problems.some(({ severity }) => severity === 'error')).toBe(true)
    expect(await outputOf(config)).not.toContain('canary')
  })

  it('have nothing that came from a variable, however short', async () => {
    for (const path of pathsOf(CONFIG)) {
      for (const wrong of ['${SHORT}', 'x/${SHORT}', ['${SHORT}']]) {
        expect(await outputOf(replaceAt(CONFIG, path, wrong), { SHORT: 'canary=1' })).not.toContain('canary')
      }
    }
  }, 60_000)

  it('have no secret when the file is broken at any character', () => {
    const text = JSON.stringify(CONFIG, null, 1)
    for (let at = 0; at < text.length; at++) {
      const [before, after] = [text.slice(0, at), text.slice(at)]
      for (const broken of [before + after.slice(1), `${before}"${after}`])
        expect(syntaxOutput(broken)).not.toContain('canary')
    }
  }, 60_000)

  it('have no value of a variable that ucr reads itself', async () => {
    for (const name of ['UCR_API_KEY', 'API_KEY', 'UCR_STORE_KEY', 'CLAUDE_WRAPPER_API_KEY']) {
      expect(await outputOf({}, { [name]: 'canary' })).not.toContain('canary')
      expect(await outputOf({}, { [name]: `${CANARY} with blanks` })).not.toContain('canary')
    }
  })
})

describe('a loaded config', () => {
  it('has the keys of clients as hashes only', async () => {
    const { config } = await loadText(CONFIG, { files, environment: { UCR_API_KEY: CANARY.toUpperCase() } })
    expect(JSON.stringify(config.keys)).not.toMatch(/canary/i)
    expect(config.keys).toHaveLength(2)
  })
})
