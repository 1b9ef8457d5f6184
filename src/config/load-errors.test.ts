import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadText, problemsOf } from '../../test/support/load-text.ts'
import { ConfigError, formatProblems } from './problem.ts'

const provider = { id: 'work', type: 'anthropic', apiKey: 'k' }
const gpt = { id: 'gpt', type: 'openai', apiKey: 'k' }
const HASH = `sha256:${'0'.repeat(64)}`

/** Errors of one config: what it says, by field. */
async function errorsOf(config: unknown, environment = {}) {
  const problems = await problemsOf(config, { environment })
  return problems.filter(({ severity }) => severity === 'error')
}

describe('errors of the config', () => {
  it('look like those of a good compiler, all at once', async () => {
    const text = [
      '{',
      '  "server": { "port": 70000, "hots": "x" },',
      '  "providers": [',
      '    { "id": "work", "type": "anthropic", "apiKey": "sk-canary" },',
      '    { "id": "gpt", "apiKey": "${OPENAI_KEY}", "priority": "high" }',
      '  ],',
      '  "logging": { "level": "inof" }',
      '}',
    ].join('\n')
    const problems = await problemsOf(text)
    const folder = dirname(problems[0]?.file ?? '')
    expect(formatProblems(problems).replaceAll(`${folder}/`, '')).toBe(
      `
warning: server.hots is not a known key and has no effect
 --> ucr.config.json:2:30
  |
2 |   "server": { "port": 70000, "hots": "…" },
  |                              ^^^^^^
  = fix: write "host"

error: server.port must be a port from 0 to 65535, not 70000
 --> ucr.config.json:2:23
  |
2 |   "server": { "port": 70000, "hots": "…" },
  |                       ^^^^^
  = fix: for example "port": 3000

error: providers[1].apiKey needs the variable OPENAI_KEY, which is not set
 --> ucr.config.json:5:30
  |
5 |     { "id": "…", "apiKey": "\${OPENAI_KEY}", "priority": "…" }
  |                            ^^^^^^^^^^^^^^^
  = fix: set OPENAI_KEY, write \${OPENAI_KEY:-default}, run "ucr auth login gpt", or "ucr providers disable gpt"

error: providers[1].priority must be a whole number from 0 up, not "high"
 --> ucr.config.json:5:59
  |
5 |     { "id": "…", "apiKey": "…", "priority": "high" }
  |                                             ^^^^^^
  = fix: for example "priority": 0

error: logging.level must be one of "trace", "debug", "info", "warn", "error", "fatal", "silent", not "inof"
 --> ucr.config.json:7:25
  |
7 |   "logging": { "level": "inof" }
  |                         ^^^^^^
  = fix: write "info"
`.trim(),
    )
  })

  it('come with colours where they are wanted, and say the same', async () => {
    const problems = await problemsOf('{ "server": { "port": 70000 } }')
    const colored = formatProblems(problems, { colors: true })
    expect(colored).toContain('\u001b[31m')
    expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe(formatProblems(problems))
  })

  it('are a ConfigError, whose message has them all', async () => {
    const error: unknown = await loadText({ server: { port: -1 } }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ code: 'config_invalid', message: expect.stringContaining('server.port must be') })
  })

  it.each<[string, unknown, string, string, string | null]>([
    ['a list for the file', [], 'the config', 'must be an object, not a list', null],
    [
      'a text for the port',
      { server: { port: 'x' } },
      'server.port',
      'must be a port from 0 to 65535, or a list of them, not "x"',
      'for example "port": 3000',
    ],
    [
      'a bad port in a list',
      { server: { port: [1, 70_000] } },
      'server.port[1]',
      'must be a port from 0 to 65535, not 70000',
      null,
    ],
    [
      'no port in a list',
      { server: { port: [] } },
      'server.port',
      'must be at least one port, not a list',
      'for example "port": 3000',
    ],
    [
      'a port twice',
      { server: { port: [80, 80] } },
      'server.port',
      'must not have the same port twice',
      'remove one of the two',
    ],
    [
      'a host with a scheme',
      { server: { host: 'http://x' } },
      'server.host',
      'must be a host name or an address, without scheme and port, not "http://x"',
      'for example "host": "127.0.0.1"',
    ],
    [
      'no worker',
      { server: { workers: 0 } },
      'server.workers',
      'must be a whole number from 1 to 256, or "auto", not 0',
      'for example "workers": 1',
    ],
    [
      'a bad size',
      { server: { bodyLimit: 'big' } },
      'server.bodyLimit',
      'must be a size such as "32mb", or a number of bytes, not "big"',
      'for example "bodyLimit": "32mb"',
    ],
    [
      'a bad time',
      { timeouts: { connect: true } },
      'timeouts.connect',
      'must be a time such as "30s", "500ms" or "1h", or a number of seconds, not true',
      'for example "connect": "30s"',
    ],
    [
      'a word for a flag',
      { strict: 'yes' },
      'strict',
      'must be true or false, not "yes"',
      'for example "strict": false',
    ],
    [
      'a misspelled word',
      { plan: 'translat' },
      'plan',
      'must be one of "auto", "translate", not "translat"',
      'write "translate"',
    ],
    [
      'any host without keys',
      { server: { allowedHosts: ['*'] } },
      'server.allowedHosts[0]',
      'must not allow any host as long as there are no keys: every web page could use your accounts',
      'name the hosts, or add a key with "ucr keys create --save"',
    ],
    [
      'a host with a path',
      { server: { allowedHosts: ['https://a.example/'] } },
      'server.allowedHosts[0]',
      'must be a host name',
      'write it without scheme and path, such as "gateway.example.com"',
    ],
    [
      'any origin',
      { server: { allowedOrigins: ['*'] } },
      'server.allowedOrigins[0]',
      'must not allow any web page',
      'write it as the browser does, without path and slash: "https://app.example.com"',
    ],
    [
      'an origin with a slash',
      { server: { allowedOrigins: ['https://a.example/'] } },
      'server.allowedOrigins[0]',
      'must be an origin: scheme, host and port',
      'write it as the browser does, without path and slash: "https://app.example.com"',
    ],
    [
      'an open gateway for others',
      { server: { host: '0.0.0.0' } },
      'server.host',
      'must be a loopback address as long as there are no keys: on any other, everybody who reaches this machine could use your accounts',
      'run "ucr keys create --save", or "ucr keys create --line" and put the line into "auth": { "keys": [ ... ] }; set UCR_API_KEY; or listen on "127.0.0.1"',
    ],
    [
      'a key without a name',
      { auth: { keys: [{ hash: HASH }] } },
      'auth.keys[0].name',
      'is missing',
      'for example "name": "me"',
    ],
    [
      'a key that is nothing',
      { auth: { keys: [{ name: 'a' }] } },
      'auth.keys[0]',
      'must have a "hash" or a "key"',
      'run "ucr keys create --line" and use the line that it prints',
    ],
    [
      'a key that is both',
      { auth: { keys: [{ name: 'a', hash: HASH, key: '12345678' }] } },
      'auth.keys[0]',
      'must have only one of "hash" and "key"',
      'run "ucr keys create --line" and use the line that it prints',
    ],
    [
      'a broken hash',
      { auth: { keys: [{ name: 'a', hash: 'sha256:12' }] } },
      'auth.keys[0].hash',
      'must be "sha256:" and 64 hexadecimal digits, not this text',
      null,
    ],
    [
      'a short key',
      { auth: { keys: [{ name: 'a', key: 'short' }] } },
      'auth.keys[0].key',
      'must be 8 to 256 visible ASCII characters, best a variable such as "${UCR_KEY}", not this text',
      'for example "key": "${UCR_KEY}"',
    ],
    [
      'two keys of one name',
      {
        auth: {
          keys: [
            { name: 'a', hash: HASH },
            { name: 'a', key: '12345678' },
          ],
        },
      },
      'auth.keys[1].name',
      'is the name of another key too',
      'choose another',
    ],
    [
      'one key under two names',
      {
        auth: {
          keys: [
            { name: 'a', hash: HASH },
            { name: 'b', hash: HASH },
          ],
        },
      },
      'auth.keys[1]',
      'is the same key as an earlier one',
      'remove one of the two',
    ],
    [
      'providers as an object',
      { providers: {} },
      'providers',
      'must be a list of providers, not an object',
      'for example "providers": []',
    ],
    [
      'a provider without an id',
      { providers: [{ type: 'anthropic' }] },
      'providers[0].id',
      'is missing',
      'for example "id": "work"',
    ],
    [
      'an id with a slash',
      { providers: [{ ...provider, id: 'a/b' }] },
      'providers[0].id',
      'must be a name of at most 40 letters, digits, ".", "_" and "-", not "a/b"',
      'for example "id": "work"',
    ],
    [
      'two providers of one id',
      { providers: [provider, provider] },
      'providers[1].id',
      '"work" is the id of an earlier provider too',
      'choose another; two accounts of one vendor are two ids with the same "type"',
    ],
    [
      'an unknown vendor',
      { providers: [{ ...provider, type: 'antropic' }] },
      'providers[0].type',
      '"antropic" is no vendor that ucr knows',
      'Did you mean "anthropic"? For any other host use "openai-compatible" with a "baseUrl".',
    ],
    [
      'no vendor',
      { providers: [{ id: 'mine', apiKey: 'k' }] },
      'providers[0].type',
      'is missing, and neither the id nor the base URL says which vendor this is',
      null,
    ],
    [
      'a base URL without a scheme',
      { providers: [{ ...provider, baseUrl: 'api.anthropic.com' }] },
      'providers[0].baseUrl',
      'This is not a URL.',
      null,
    ],
    [
      'a base URL with a password',
      { providers: [{ ...provider, baseUrl: 'https://a:b@c.example' }] },
      'providers[0].baseUrl',
      'A base URL must not hold a user name or a password.',
      null,
    ],
    [
      'no base URL where it is needed',
      { providers: [{ id: 'mine', type: 'openai-compatible', apiKey: 'k' }] },
      'providers[0].baseUrl',
      'A provider of type "openai-compatible" needs a base URL.',
      null,
    ],
    [
      'no key where it is needed',
      { providers: [{ id: 'work', type: 'anthropic' }] },
      'providers[0].apiKey',
      'Anthropic needs a key.',
      null,
    ],
    [
      'a key of another alphabet',
      { providers: [{ ...provider, apiKey: 'ключ' }] },
      'providers[0].apiKey',
      'The key holds characters that cannot be in a key.',
      null,
    ],
    [
      'a protocol that the vendor does not speak',
      { providers: [{ ...provider, protocol: 'openai-chat' }] },
      'providers[0].protocol',
      'Anthropic does not speak "openai-chat".',
      null,
    ],
    [
      'a header of the connection',
      { providers: [{ ...provider, headers: { Host: 'x' } }] },
      'providers[0].headers.Host',
      'Header "Host" cannot be set.',
      null,
    ],
    [
      'a header with a line break',
      { providers: [{ ...provider, headers: { 'x-a': 'b\r\nc' } }] },
      'providers[0].headers["x-a"]',
      'The value of header "x-a" holds characters that no header can carry.',
      null,
    ],
    [
      'a bad quirk',
      { providers: [{ ...gpt, dialect: { reasoning: { efforts: ['low', 'hihg'] } } }] },
      'providers[0].dialect.reasoning.efforts[1]',
      'must be one of "none", "minimal", "low", "medium", "high", "xhigh", "max", not "hihg"',
      'write "high"',
    ],
    [
      'a bad capability',
      { providers: [{ ...gpt, capabilities: { contextWindow: 0 } }] },
      'providers[0].capabilities.contextWindow',
      'must be a number of tokens, or null, not 0',
      null,
    ],
    [
      'a number for a target',
      { providers: [gpt], models: { a: 5 } },
      'models.a',
      'must be a target, a list of targets, or an object with `targets`, not 5',
      'for example "a": "work/claude-sonnet-5"',
    ],
    [
      'an empty list of targets',
      { providers: [gpt], models: { 'claude-*': [] } },
      'models["claude-*"]',
      'must be a list with at least one target, not a list',
      'for example "claude-*": "work/claude-sonnet-5"',
    ],
    [
      'a number in a list of targets',
      { providers: [gpt], models: { a: ['gpt', 5] } },
      'models.a[1]',
      'must be a target, or an object with a target and its weight, not 5',
      'for example "work/claude-sonnet-5"',
    ],
    [
      'a misspelled policy',
      { providers: [gpt], models: { a: { policy: 'wieghted', targets: ['gpt'] } } },
      'models.a.policy',
      'must be one of "first", "weighted", "priority", not "wieghted"',
      'write "weighted"',
    ],
    ['no targets', { providers: [gpt], models: { a: { policy: 'first' } } }, 'models.a.targets', 'is missing', null],
    [
      'no weight at all',
      { providers: [gpt], models: { a: { policy: 'weighted', targets: [{ target: 'gpt', weight: 0 }] } } },
      'models.a.targets',
      'have no weight, so that none could ever be chosen',
      'give at least one a weight above 0',
    ],
    [
      'an unknown provider',
      { providers: [gpt], models: { a: ['gpt', 'gtp/x'] } },
      'models.a[1]',
      'names "gtp", which is no provider of this config',
      'write "gpt/..."',
    ],
    [
      'a route for a provider',
      { providers: [gpt], models: { fast: 'gpt/x' }, router: { think: 'fast' } },
      'router.think',
      'names "fast", which is a name of "models", and must be a provider',
      'write one of the providers gpt',
    ],
    [
      'an unknown default',
      { providers: [gpt], router: { default: 'nobody' } },
      'router.default',
      'names "nobody", which is no provider of this config',
      'write one of the providers gpt',
    ],
    [
      'an unknown fallback',
      { providers: [gpt], router: { fallback: ['gpt', 'x'] } },
      'router.fallback[1]',
      'names "x", which is no provider of this config',
      'write one of the providers gpt',
    ],
    [
      'a target with a star',
      { providers: [gpt], models: { a: 'gpt/gpt-*' } },
      'models.a',
      'must be "provider/model", "provider/*" or "provider"',
      'write the id of a provider, and the name of its model behind a slash',
    ],
    [
      'a target without a model',
      { providers: [gpt], models: { a: 'gpt/' } },
      'models.a',
      'must be "provider/model", "provider/*" or "provider"',
      'write the id of a provider, and the name of its model behind a slash',
    ],
    [
      'an empty model name',
      { providers: [gpt], models: { '': 'gpt' } },
      'models[""]',
      'is an empty model name',
      'give it a name, or a pattern such as "claude-*"',
    ],
    [
      'a custom router that is not there',
      { providers: [gpt], router: { customRouter: './nope.js' } },
      'router.customRouter',
      'names a file that does not exist or cannot be read',
      'correct the path',
    ],
    [
      'a percentage above 100',
      { breaker: { errorThresholdPercentage: 101 } },
      'breaker.errorThresholdPercentage',
      'must be a percentage from 1 to 100, not 101',
      'for example "errorThresholdPercentage": 50',
    ],
    [
      'a broken reference',
      { server: { host: '${' } },
      'server.host',
      'has a "${" that is no variable',
      'write ${NAME} or ${NAME:-default}, or $${ for the characters themselves',
    ],
    [
      'a variable that is not set',
      { logging: { file: '${LOG}' } },
      'logging.file',
      'needs the variable LOG, which is not set',
      'set LOG, write ${LOG:-default}',
    ],
  ])('refuse %s', async (_, config, field, message, fix) => {
    const errors = await errorsOf(config)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ field, message, line: expect.any(Number), column: expect.any(Number) })
    if (fix !== null) expect(errors[0]?.fix).toBe(fix)
    else if (field !== 'the config') expect(errors[0]?.fix).toMatch(/.{10}/)
  })

  it.each<[Record<string, string>, string, string, string]>([
    [
      { UCR_PORT: '80a' },
      'UCR_PORT',
      'must be a port from 0 to 65535, or a list of them, not "80a"',
      'for example UCR_PORT=3000',
    ],
    [{ PORT: '99999' }, 'PORT', 'must be a port from 0 to 65535, not 99999', 'for example PORT=3000'],
    [
      { UCR_LOG_LEVEL: 'loud' },
      'UCR_LOG_LEVEL',
      'must be one of "trace", "debug", "info", "warn", "error", "fatal", "silent", not "loud"',
      'for example UCR_LOG_LEVEL=info',
    ],
    [
      { UCR_API_KEY: 'short' },
      'UCR_API_KEY',
      'must be 8 to 256 visible ASCII characters, best a variable such as "${UCR_KEY}", not this text',
      'for example UCR_API_KEY=${UCR_KEY}',
    ],
    [
      { UCR_HOST: '0.0.0.0' },
      'UCR_HOST',
      'must be a loopback address as long as there are no keys: on any other, everybody who reaches this machine could use your accounts',
      'run "ucr keys create --save", or "ucr keys create --line" and put the line into "auth": { "keys": [ ... ] }; set UCR_API_KEY; or listen on "127.0.0.1"',
    ],
    [
      { UCR_WORKERS: 'many' },
      'UCR_WORKERS',
      'must be a whole number from 1 to 256, or "auto", not "many"',
      'for example UCR_WORKERS=1',
    ],
  ])('name the variable for %j', async (environment, field, message, fix) => {
    expect(await errorsOf({}, environment)).toMatchObject([{ field, message, fix, file: null, line: null }])
  })

  it('name the flag', async () => {
    const problems = await problemsOf(null, { flags: { port: 70_000, workers: 0 } })
    expect(problems.map(({ field, fix }) => [field, fix])).toEqual([
      ['--port', 'for example --port 3000'],
      ['--workers', 'for example --workers 1'],
    ])
  })

  it('do not appear for a provider that is switched off', async () => {
    const off = {
      id: 'off',
      type: 'nobody',
      baseUrl: 'nonsense',
      apiKey: '${NOPE}',
      models: ['${NOPE}'],
      enabled: false,
    }
    expect(await problemsOf({ providers: [gpt, off] })).toEqual([])
    expect(await problemsOf({ providers: [gpt, { ...off, enabled: '${OFF:-false}' }] })).toEqual([])
  })

  it('are found in the store of credentials only as warnings', async () => {
    const files = { '.config/ucr/credentials/credentials.json': '{}' }
    const problems = await problemsOf({ providers: [gpt] }, { files })
    expect(problems.map(({ severity }) => severity)).toEqual(['warning'])
  })
})

describe('loadConfig() with `lenient`', () => {
  it('gives a config with errors to commands that mend it', async () => {
    const config = {
      providers: [
        { id: 'work', type: 'anthropic' },
        { id: 'gpt', type: 'openai', apiKey: '${NOPE}' },
      ],
    }
    const loaded = await loadText(config, { lenient: true })
    expect(loaded.config.providers.map(({ id, apiKey }) => [id, apiKey])).toEqual([
      ['work', null],
      ['gpt', null],
    ])
    expect(loaded.problems.map(({ severity, field }) => [severity, field])).toEqual([
      ['error', 'providers[0].apiKey'],
      ['error', 'providers[1].apiKey'],
    ])
  })

  it('still throws what cannot be understood', async () => {
    await expect(loadText('{', { lenient: true })).rejects.toThrow(ConfigError)
    await expect(loadText({ providers: 5 }, { lenient: true })).rejects.toThrow(ConfigError)
  })
})

describe('warnings of the config', () => {
  it.each<[string, unknown, string, string, string]>([
    ['an unknown key', { severs: {} }, 'severs', 'is not a known key and has no effect', 'write "server"'],
    [
      'a key that is like nothing',
      { retry: { xyz: 1 } },
      'retry.xyz',
      'is not a known key and has no effect',
      'remove it; known here: attempts, budget',
    ],
    [
      'an unknown key of a provider',
      { providers: [{ ...gpt, base_url: 'x' }] },
      'providers[0].base_url',
      'is not a known key and has no effect',
      'write "baseUrl"',
    ],
    [
      'an unknown key of a target',
      { providers: [gpt], models: { a: { targets: [{ target: 'gpt', wieght: 2 }] } } },
      'models.a.targets[0].wieght',
      'is not a known key and has no effect',
      'write "weight"',
    ],
    [
      'the name of a property of every object',
      { constructor: 1 },
      'constructor',
      'is not a known key and has no effect',
      expect.stringContaining('remove it'),
    ],
    [
      'milliseconds for seconds',
      { timeouts: { idle: 30_000 } },
      'timeouts.idle',
      'is a number of seconds: 30000 is more than an hour',
      'write "30s" if you mean 30000 milliseconds, else "30000s"',
    ],
    [
      'a key without effect',
      { breaker: { timeout: 30_000 } },
      'breaker.timeout',
      'has no effect: use `timeouts.firstByte`',
      'remove it',
    ],
    [
      'weights without the policy',
      { providers: [gpt], models: { a: [{ target: 'gpt', weight: 2 }] } },
      'models.a',
      'have weights, which the policy "first" does not use',
      'write { "policy": "weighted", "targets": [ ... ] }, or remove the weights',
    ],
    [
      'a key that was not copied whole',
      { auth: { keys: [{ name: 'me', key: 'ucr_0123456789' }] } },
      'auth.keys[0].key',
      'is no whole key of ucr: a part is missing or mistyped',
      'copy it again',
    ],
    [
      'a disabled target',
      { providers: [gpt, { ...provider, enabled: false }], router: { default: 'work' } },
      'router.default',
      'names the provider "work", which is disabled',
      'run "ucr providers enable work"',
    ],
  ])('tell of %s, and let the gateway start', async (_, config, field, message, fix) => {
    const { problems } = await loadText(config)
    expect(problems).toMatchObject([{ severity: 'warning', field, message, fix, line: expect.any(Number) }])
  })

  it('tell of __proto__ as of any unknown key', async () => {
    const { problems } = await loadText('{ "__proto__": { "strict": true } }')
    expect(problems).toMatchObject([{ severity: 'warning', field: '__proto__' }])
  })

  it('do not appear for targets whose providers are yet to be found', async () => {
    expect(await problemsOf({ models: { fast: 'ollama/qwen3' }, router: { default: 'ollama' } })).toEqual([])
  })
})
