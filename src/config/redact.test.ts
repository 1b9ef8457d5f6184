import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { loadText } from '../../test/support/load-text.ts'
import { redactConfig } from './redact.ts'

describe('redactConfig()', () => {
  it('shows what is in use, without a secret', async () => {
    const { config } = await loadText({
      server: { secret: `canary ${'x'.repeat(32)}` },
      redis: { url: 'redis://:canary@redis.example' },
      auth: {
        keys: [{ name: 'me', key: 'canary-client-key', models: ['fast'] }],
        jwt: [{ issuer: 'https://login.example.com/', audience: 'ucr', secret: `canary ${'x'.repeat(32)}` }],
        adminToken: `sha256:${'ca0a'.repeat(16)}`,
      },
      providers: [
        { id: 'gpt', type: 'openai', apiKey: 'canary-vendor-key-wxyz', headers: { 'x-token': 'canary' } },
        {
          id: 'off',
          type: 'openai',
          apiKey: 'short',
          baseUrl: 'https://me:canary@a.example/v1?key=canary',
          enabled: false,
        },
      ],
      models: { fast: 'gpt/gpt-5.5-mini' },
      sessions: { redis: { url: 'rediss://me:canary@redis.example:6380/1' } },
    })
    const shown = redactConfig(config)
    expect(inspect(shown, { depth: 9 })).not.toMatch(/canary|ca0a/)
    expect(JSON.parse(JSON.stringify(shown))).toMatchObject({
      server: { host: '127.0.0.1', ports: [3000], secret: '…' },
      redis: { url: 'redis://…@redis.example' },
      keys: [{ name: 'me', hash: 'sha256:…', models: ['fast'] }],
      auth: {
        issuers: [{ issuer: 'https://login.example.com/', trust: { kind: 'secret', secret: '…' } }],
        adminToken: 'sha256:…',
      },
      providers: [
        { id: 'gpt', apiKey: '…wxyz', baseUrl: null, headers: { 'x-token': '…' } },
        { id: 'off', apiKey: '…', baseUrl: 'https://…@a.example/v1?…' },
      ],
      sessions: { redis: { url: 'rediss://…@redis.example:6380/1' } },
      routing: { models: { fast: { policy: 'first', targets: [{ target: 'gpt/gpt-5.5-mini', weight: 1 }] } } },
    })
  })
})
