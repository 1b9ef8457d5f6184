import { describe, expect, it } from 'vitest'
import { loadText } from '../../test/support/load-text.ts'

describe('presets', () => {
  it('change nothing where nobody asks for them', async () => {
    const { config } = await loadText({})
    expect(config.server).toMatchObject({ workers: 1, rateLimit: null, compression: { clients: 'remote' } })
    expect(config.logging.pretty).toBeNull()
  })

  it('make a production gateway strict', async () => {
    const { config } = await loadText({}, { flags: { production: true } })
    expect(config.server.rateLimit).toMatchObject({ max: 100 })
    expect(config.server).toMatchObject({
      bodyLimit: 10 * 1024 * 1024,
      compression: { clients: 'all', threshold: 1024 },
    })
    expect(config.logging.pretty).toBe(false)
  })

  it('yield to flags, the environment and the file', async () => {
    const file = { server: { compression: { clients: 'none' }, rateLimit: { max: 7 } }, logging: { pretty: true } }
    const { config } = await loadText(file, {
      flags: { production: true, workers: 3 },
      environment: { UCR_BODY_LIMIT: '1mb' },
    })
    expect(config.server).toMatchObject({
      workers: 3,
      bodyLimit: 1024 * 1024,
      compression: { clients: 'none' },
      rateLimit: { max: 7 },
    })
    expect(config.logging.pretty).toBe(true)
  })

  it('leave one worker where sessions are in the memory of one', async () => {
    const { config } = await loadText({ sessions: { store: 'memory' } }, { flags: { production: true } })
    expect(config.server.workers).toBe(1)
  })
})

describe('--health-monitoring', () => {
  it('looks after providers and alerts, as often as is said', async () => {
    const flags = { healthMonitoring: true, healthCheckInterval: '5s' }
    const { config } = await loadText({ alerts: { enabled: false } }, { flags })
    expect(config.healthChecks).toMatchObject({ enabled: true, interval: 5000 })
    // What the file says is meant.
    expect(config.alerts.enabled).toBe(false)
    expect((await loadText({}, { flags })).config.alerts.enabled).toBe(true)
    expect((await loadText({})).config.healthChecks.enabled).toBe(false)
  })
})

describe('--provider', () => {
  const file = {
    providers: [{ id: 'gpt', type: 'openai', apiKey: 'sk-0123456789' }],
    models: { fast: 'gpt/gpt-5.5' },
    router: { default: 'gpt' },
  }

  it('takes the place of all providers and of where the file sends requests', async () => {
    const { config, problems } = await loadText(file, { flags: { provider: 'claude-code' } })
    expect(config.providers.map(({ id, type }) => [id, type])).toEqual([['claude-code', 'claude-code']])
    expect(problems).toEqual([])
  })

  it('names a vendor', async () => {
    await expect(loadText(file, { flags: { provider: 'nobody' } })).rejects.toThrow('--provider')
  })
})

describe('variables of the predecessor', () => {
  it.each([
    ['CLAUDE_WRAPPER_TIMEOUT', '30', (config: Loaded) => config.timeouts.wholeAnswer, 30_000],
    ['CLAUDE_WRAPPER_MAX_TIMEOUT', '600000ms', (config: Loaded) => config.timeouts.total, 600_000],
    ['CLAUDE_WRAPPER_SHUTDOWN_TIMEOUT', '10', (config: Loaded) => config.server.drainTimeout, 10_000],
    ['CLAUDE_WRAPPER_REQUIRE_API_KEY', 'true', (config: Loaded) => config.auth.required, true],
    ['CLAUDE_WRAPPER_WORKERS', '3', (config: Loaded) => config.server.workers, 3],
    ['CLAUDE_WRAPPER_BODY_LIMIT', '1mb', (config: Loaded) => config.server.bodyLimit, 1024 * 1024],
    [
      'CLAUDE_WRAPPER_CORS_ORIGINS',
      '["https://a.example"]',
      (config: Loaded) => config.server.allowedOrigins,
      ['https://a.example'],
    ],
    [
      'CLAUDE_WRAPPER_CORS_ORIGINS',
      'https://a.example, https://b.example',
      (config: Loaded) => config.server.allowedOrigins,
      ['https://a.example', 'https://b.example'],
    ],
  ])('%s=%s', async (name, value, of, expected) => {
    const { config } = await loadText({}, { environment: { [name]: value } })
    expect(of(config)).toEqual(expected)
  })
})

type Loaded = Awaited<ReturnType<typeof loadText>>['config']
