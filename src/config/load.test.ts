import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadText, problemsOf } from '../../test/support/load-text.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { CredentialStore, storeLocation } from './credentials.ts'

/** The config that the project's documents show. */
const SAMPLE = `{
  "server": { "host": "127.0.0.1", "port": 3000, "workers": 1 },
  "auth": { "keys": [{ "name": "me", "key": "\${UCR_KEY}" }] },          // or "hash": "sha256:..."
  "providers": [
    { "id": "work", "type": "anthropic", "baseUrl": "https://api.anthropic.com", "apiKey": "\${ANTHROPIC_API_KEY}", "models": ["claude-sonnet-5"] },
    { "id": "gpt", "type": "openai", "baseUrl": "https://api.openai.com/v1", "apiKey": "\${OPENAI_API_KEY}", "defaultModel": "gpt-5.5", "priority": 5, "weight": 1 }
  ],
  "models": {
    "fast": "gpt/gpt-5.5-mini",
    "claude-*": ["work/*", "gpt/gpt-5.5"],
    "any": { "policy": "weighted", "targets": [{ "target": "work/claude-sonnet-5", "weight": 8 }, { "target": "gpt/gpt-5.5", "weight": 2 }] }
  },
  "router": { "default": "work", "think": "work/claude-opus-5-5", "background": "gpt/gpt-5.5-mini", "longContext": "work", "webSearch": "gpt", "image": "gpt", "tokenThreshold": 100000, "customRouter": "./router.js", "fallback": ["gpt"] }
}`
const SAMPLE_ENVIRONMENT = { UCR_KEY: 'client-key-1', ANTHROPIC_API_KEY: 'ant-key', OPENAI_API_KEY: 'oai-key' }

describe('loadConfig()', () => {
  it('reads the config of the documents as it is meant', async () => {
    const files = { 'router.js': '' }
    const { config, problems, path, place } = await loadText(SAMPLE, { environment: SAMPLE_ENVIRONMENT, files })
    expect(problems).toEqual([])
    expect(place).toBe('--config')
    expect(config.server).toMatchObject({ host: '127.0.0.1', ports: [3000], workers: 1 })
    const hash = `sha256:${createHash('sha256').update('client-key-1').digest('hex')}`
    expect(config.keys).toMatchObject([{ name: 'me', secrets: [{ hash }], models: null }])
    expect(config.discover).toBe(false)
    expect(config.providers).toMatchObject([
      {
        id: 'work',
        type: 'anthropic',
        apiKey: 'ant-key',
        models: ['claude-sonnet-5'],
        priority: 0,
        weight: 1,
        enabled: true,
      },
      {
        id: 'gpt',
        type: 'openai',
        apiKey: 'oai-key',
        models: [],
        defaultModel: 'gpt-5.5',
        priority: 5,
        source: 'config file',
      },
    ])
    expect([...(config.routing.models ?? [])]).toEqual([
      ['fast', { policy: 'first', targets: [{ target: 'gpt/gpt-5.5-mini', weight: 1 }] }],
      [
        'claude-*',
        {
          policy: 'first',
          targets: [
            { target: 'work/*', weight: 1 },
            { target: 'gpt/gpt-5.5', weight: 1 },
          ],
        },
      ],
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
    ])
    expect(config.routing.tasks).toMatchObject({
      default: 'work',
      image: 'gpt',
      tokenThreshold: 100_000,
      customRouter: join(path ?? '', '..', 'router.js'),
      fallback: ['gpt'],
    })
  })

  it('needs no file, and then leaves finding providers to others', async () => {
    const { config, path, place, problems } = await loadText(null)
    expect([path, place, problems]).toEqual([null, null, []])
    expect(config).toMatchObject({ providers: [], discover: true, keys: [], plan: 'auto', strict: false })
    expect(config.routing.models).toBeNull()
  })

  it.each([[{}], [{ providers: [] }], ['// nothing yet\n{}']])(
    'leaves finding providers to others for %j',
    async (config) => {
      expect((await loadText(config)).config.discover).toBe(true)
    },
  )

  it('loads a config of the earlier program, and says which of its keys have no effect', async () => {
    const older = {
      version: '1.0.0',
      server: {
        host: 'localhost',
        port: 3000,
        cors: { origin: '*', credentials: true },
        rateLimit: { max: 100, timeWindow: '1 minute' },
        timeout: 30_000,
      },
      logging: { level: 'info', pretty: true, requests: true },
      providers: [
        {
          id: 'anthropic',
          name: 'Anthropic',
          baseUrl: 'https://api.anthropic.com',
          apiKey: '${ANTHROPIC_API_KEY}',
          authType: 'apiKey',
          defaultModel: 'claude-sonnet-5',
          enabled: true,
          priority: 10,
          timeout: 60_000,
          maxRetries: 3,
        },
        {
          id: 'google-openai',
          name: 'Google',
          baseUrl: 'https://generativelanguage.googleapis.com',
          apiKey: '${GOOGLE_API_KEY}',
          enabled: false,
        },
        {
          id: 'replicate',
          name: 'Replicate',
          baseUrl: 'https://api.replicate.com',
          apiKey: '${REPLICATE}',
          enabled: false,
          metadata: { modelVersion: '${NOPE}' },
        },
      ],
      router: { default: 'anthropic', think: 'anthropic', tokenThreshold: 60_000 },
      transformers: [{ provider: 'anthropic', enabled: true, options: { a: '${NOPE}' } }],
      auth: { storePath: '~/.ucr/credentials.json', encryption: true },
      features: { costTracking: true, analytics: true, healthChecks: true, autoDiscovery: true },
    }
    const { config, problems } = await loadText(older, { environment: { ANTHROPIC_API_KEY: 'k' } })
    expect(config.providers[0]).toMatchObject({
      type: 'anthropic',
      timeouts: { connect: 30_000, firstByte: 60_000, wholeAnswer: 60_000, idle: 120_000, total: 0 },
    })
    expect(config.providers[1]).toMatchObject({ type: 'gemini', apiKey: null, enabled: false })
    expect(config.routing.tasks).toMatchObject({ default: 'anthropic', tokenThreshold: 60_000 })
    expect(
      problems.every(({ severity, message }) => severity === 'warning' && message.startsWith('has no effect: ')),
    ).toBe(true)
    expect(problems.map(({ field }) => field)).toEqual([
      'version',
      'server.cors',
      'server.timeout',
      'logging.requests',
      'providers[0].name',
      'providers[0].authType',
      'providers[0].maxRetries',
      'providers[1].name',
      'providers[2].name',
      'providers[2].metadata',
      'transformers',
      'auth.storePath',
      'auth.encryption',
      'features',
    ])
  })

  it('fills variables into numbers and words too', async () => {
    const config = {
      server: { port: '${PORT_OF_MINE:-8080}', bodyLimit: '${LIMIT}', pingInterval: '${PING}' },
      strict: '${STRICT}',
      logging: { level: '${LEVEL:-debug}', pretty: '${STRICT}' },
      retry: { budget: '${BUDGET}' },
    }
    const environment = { LIMIT: '1mb', PING: '5', STRICT: 'true', BUDGET: '0.5' }
    expect((await loadText(config, { environment })).config).toMatchObject({
      server: { ports: [8080], bodyLimit: 1_048_576, pingInterval: 5000 },
      strict: true,
      logging: { level: 'debug', pretty: true },
      retry: { budget: 0.5 },
    })
  })

  it('keeps a key of digits a text', async () => {
    const config = { providers: [{ id: 'openai', apiKey: '${DIGITS}' }] }
    expect((await loadText(config, { environment: { DIGITS: '123456789' } })).config.providers[0]?.apiKey).toBe(
      '123456789',
    )
  })

  it('puts flags over variables, those over the file, and the file over defaults', async () => {
    const config = { server: { host: '127.0.0.2', port: 1111 }, logging: { level: 'error' } }
    const environment = { UCR_PORT: '2222, 3333', LOG_LEVEL: 'debug' }
    const loaded = await loadText(config, { environment, flags: { logLevel: 'warn' } })
    expect(loaded.config.server).toMatchObject({ host: '127.0.0.2', ports: [2222, 3333], drainTimeout: 25_000 })
    expect(loaded.config.logging.level).toBe('warn')
  })

  it('takes the port of the command under which it runs where nothing else names one', async () => {
    expect((await loadText({}, { defaultPort: 8000 })).config.server.ports).toEqual([8000])
    expect((await loadText({ server: { port: 1 } }, { defaultPort: 8000 })).config.server.ports).toEqual([1])
    expect((await loadText(null, { defaultPort: 8000, environment: { PORT: '2' } })).config.server.ports).toEqual([2])
  })

  it('accepts a key from a variable or a flag besides those of the file', async () => {
    const config = { server: { host: '0.0.0.0' }, auth: { keys: [{ name: 'me', key: 'my-own-key' }] } }
    const names = async (options: object) => (await loadText(config, options)).config.keys.map(({ name }) => name)
    expect(await names({ environment: { API_KEY: 'common-key' } })).toEqual(['me', 'API_KEY'])
    expect(await names({ environment: { API_KEY: 'common-key' }, flags: { apiKey: 'flag-key-1' } })).toEqual([
      'me',
      'key',
    ])
  })

  it('takes paths from the folder of the file', async () => {
    const { config, path } = await loadText({ logging: { file: 'logs/ucr.log' } })
    expect(config.logging.file).toBe(join(path ?? '', '..', 'logs', 'ucr.log'))
  })

  it.each([
    ['id', { id: 'anthropic' }, 'anthropic'],
    ['other name', { id: 'google', apiKey: 'k' }, 'gemini'],
    ['base URL', { id: 'mine', baseUrl: 'https://api.deepseek.com/', apiKey: 'k' }, 'deepseek'],
    ['type', { id: 'deepseek', type: 'openai', apiKey: 'k' }, 'openai'],
  ])('knows the vendor of a provider by its %s', async (_, provider, type) => {
    const environment = { ANTHROPIC_API_KEY: 'k' }
    expect((await loadText({ providers: [provider] }, { environment })).config.providers[0]?.type).toBe(type)
  })

  it('overrides single quirks of a vendor, and merges time limits', async () => {
    const config = {
      timeouts: { idle: '1m', total: '1h' },
      providers: [
        {
          id: 'openai',
          apiKey: 'k',
          timeout: 5000,
          timeouts: { connect: 1 },
          dialect: { maxStop: null, reasoning: { request: 'template' } },
          capabilities: { contextWindow: 1000, vision: false },
          headers: { 'X-Team': 'blue' },
        },
      ],
    }
    const { providers } = (await loadText(config)).config
    expect(providers[0]).toMatchObject({
      timeouts: { connect: 1000, firstByte: 60_000, wholeAnswer: 5000, idle: 60_000, total: 3_600_000 },
      dialect: { maxStop: null, reasoning: { request: 'template' } },
      capabilities: { contextWindow: 1000, vision: false },
    })
  })
})

describe('keys of providers', () => {
  const vendor = 'https://api.openai.com'

  async function homeWith(...credentials: readonly { provider: string; secret: string; origin: string | null }[]) {
    const home = temporaryFolder()
    const store = new CredentialStore(storeLocation({}, home))
    for (const credential of credentials) await store.set({ type: 'api-key', ...credential })
    return home
  }

  async function keyOf(provider: object, home: string, environment = {}) {
    const { config, problems } = await loadText(
      { providers: [{ type: 'openai', id: 'gpt', ...provider }] },
      { home, environment },
    )
    const [{ apiKey, source } = { apiKey: null, source: '' }] = config.providers
    return { apiKey, source, problems }
  }

  it('come from the config, the store by id, the store by vendor, and the usual variable, in this order', async () => {
    const environment = { OPENAI_API_KEY: 'from-variable' }
    const both = await homeWith(
      { provider: 'gpt', secret: 'by-id', origin: null },
      { provider: 'openai', secret: 'by-vendor', origin: vendor },
    )
    const vendorOnly = await homeWith({ provider: 'openai', secret: 'by-vendor', origin: vendor })
    const none = await homeWith()
    expect(await keyOf({ apiKey: 'own' }, both, environment)).toMatchObject({ apiKey: 'own', source: 'config file' })
    expect(await keyOf({}, both, environment)).toMatchObject({
      apiKey: 'by-id',
      source: expect.stringContaining('stored'),
    })
    expect(await keyOf({}, vendorOnly, environment)).toMatchObject({ apiKey: 'by-vendor' })
    expect(await keyOf({}, none, environment)).toMatchObject({
      apiKey: 'from-variable',
      source: 'config file, with OPENAI_API_KEY',
    })
  })

  it('are taken from the store in place of a variable that is not set', async () => {
    const home = await homeWith({ provider: 'gpt', secret: 'by-id', origin: null })
    expect(await keyOf({ apiKey: '${NOT_SET}' }, home)).toMatchObject({ apiKey: 'by-id', problems: [] })
  })

  it.each([
    'https://evil.example/v1',
    'http://api.openai.com/v1',
    'https://api.openai.com:8443/v1',
    'https://api.openai.com.evil.example',
  ])('that are stored or in the usual variable never go to %s', async (baseUrl) => {
    const home = await homeWith({ provider: 'gpt', secret: 'by-id', origin: null })
    const environment = { OPENAI_API_KEY: 'from-variable' }
    const config = { providers: [{ id: 'gpt', type: 'openai', baseUrl }] }
    const loaded = await loadText(config, { home, environment, lenient: true })
    expect(loaded.config.providers[0]?.apiKey).toBeNull()
    expect(loaded.problems).toMatchObject([
      {
        severity: 'warning',
        field: 'providers[0].baseUrl',
        message: expect.stringContaining(`belongs, which is ${vendor}`),
      },
      { severity: 'error', field: 'providers[0].apiKey' },
    ])
  })

  it('go where they were stored for', async () => {
    const home = await homeWith({ provider: 'gpt', secret: 'by-id', origin: 'https://proxy.example' })
    expect(await keyOf({ baseUrl: 'https://proxy.example/openai/v1' }, home)).toMatchObject({
      apiKey: 'by-id',
      problems: [],
    })
    const problems = await problemsOf({ providers: [{ id: 'gpt', type: 'openai' }] }, { home })
    expect(problems.map(({ field }) => field)).toEqual(['providers[0].baseUrl', 'providers[0].apiKey'])
  })

  it('may be missing where the store cannot be opened, with a warning', async () => {
    const home = await homeWith({ provider: 'gpt', secret: 'by-id', origin: null })
    const environment = { UCR_STORE_KEY: 'bad', OPENAI_API_KEY: 'k' }
    expect(await keyOf({}, home, environment)).toMatchObject({
      apiKey: 'k',
      problems: [{ severity: 'warning', field: 'UCR_STORE_KEY' }],
    })
  })
})
