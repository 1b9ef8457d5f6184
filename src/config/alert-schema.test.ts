import { describe, expect, it } from 'vitest'
import { loadText, problemsOf } from '../../test/support/load-text.ts'
import { redactConfig } from './redact.ts'

const HOOK = { type: 'webhook', url: 'https://hooks.example.com/secret', secret: '${ALERT_SECRET}' }

describe('alerts in the config', () => {
  it('need not be mentioned', async () => {
    const { config } = await loadText({})
    expect(config.alerts).toMatchObject({ enabled: true, interval: 10_000, destinations: [{ type: 'log' }] })
    expect(config.alerts.rules.map(({ name, warning, critical }) => [name, warning, critical])).toEqual([
      ['responseTime', 2000, 5000],
      ['memory', 0.8, 0.9],
      ['errorRate', 0.05, 0.1],
      ['sessions', 0.8, 0.95],
    ])
    expect(config.alerts.rules.every(({ source }) => source === 'default')).toBe(true)
    expect(config.healthChecks).toEqual({ enabled: false, interval: 30_000, timeout: 10_000 })
  })

  it('change the usual ones by name, switch them off, and add others', async () => {
    const rules = [
      { name: 'memory', warning: 0.7, critical: null },
      { name: 'sessions', enabled: false },
      { name: 'slow', metric: 'p95', warning: 1000, window: '5m' },
    ]
    const { config, problems } = await loadText({ alerts: { rules }, healthChecks: { enabled: true } })
    expect(problems).toEqual([])
    expect(config.alerts.rules).toMatchObject([
      { name: 'responseTime', source: 'default' },
      { name: 'memory', source: 'config', metric: 'memory', warning: 0.7, critical: null },
      { name: 'errorRate', source: 'default', minRequests: 20 },
      { name: 'providersDown', source: 'default', warning: 0 },
      { name: 'slow', source: 'config', id: 'slow', window: 300_000 },
    ])
  })

  it('have destinations, whose secrets are shown nowhere', async () => {
    const secret = 'a-secret-of-the-test'
    const destinations = [HOOK, { type: 'slack', url: 'https://hooks.slack.com/services/T0/B0/canary' }]
    const { config, problems } = await loadText({ alerts: { destinations } }, { environment: { ALERT_SECRET: secret } })
    expect(problems).toEqual([])
    expect(config.alerts.destinations).toEqual([{ ...HOOK, secret }, destinations[1]])
    const shown = JSON.stringify(redactConfig(config))
    expect(shown).toContain('https://hooks.slack.com/…')
    expect(shown).not.toMatch(/canary|a-secret|hooks.example.com.secret/)
  })

  it.each([
    [{ rules: [{ name: 'slow', metric: 'p59', warning: 1 }] }, 'alerts.rules[0].metric'],
    [{ rules: [{ name: 'slow', warning: 1 }] }, 'alerts.rules[0]'],
    [{ rules: [{ name: 'slow', metric: 'p95' }] }, 'alerts.rules[0]'],
    [{ rules: [{ name: 'memory', critical: 0.1 }] }, 'alerts.rules[0].critical'],
    [{ rules: [{ name: 'memory', window: '2h' }] }, 'alerts.rules[0].window'],
    [{ rules: [{ name: 'memory' }, { name: 'memory' }] }, 'alerts.rules[1].name'],
    [{ rules: [{ name: 'nothing', enabled: false }] }, 'alerts.rules[0].name'],
    [{ interval: '2m' }, 'alerts.interval'],
    [{ destinations: [{ type: 'mail' }] }, 'alerts.destinations[0].type'],
    [{ destinations: [{ type: 'slack' }] }, 'alerts.destinations[0]'],
    [{ destinations: [{ type: 'slack', url: 'http://hooks.slack.com/x' }] }, 'alerts.destinations[0].url'],
    [{ destinations: [{ type: 'webhook', url: 'https://a.example' }] }, 'alerts.destinations[0]'],
    [{ destinations: [{ ...HOOK, secret: 'short' }] }, 'alerts.destinations[0].secret'],
    [{ destinations: [{ ...HOOK, secret: 'x'.repeat(16), url: 'ftp://a' }] }, 'alerts.destinations[0].url'],
    [{ destinations: [{ ...HOOK, secret: 'x'.repeat(16), url: 'https://u:p@a' }] }, 'alerts.destinations[0].url'],
  ])('%j is wrong at %s', async (alerts, field) => {
    expect((await problemsOf({ alerts })).map((problem) => problem.field)).toEqual([field])
  })

  it.each([
    [{ interval: '10ms' }, 'healthChecks.interval'],
    [{ timeout: 0 }, 'healthChecks.timeout'],
  ])('health checks %j are wrong at %s', async (healthChecks, field) => {
    expect((await problemsOf({ healthChecks })).map((problem) => problem.field)).toEqual([field])
  })
})
