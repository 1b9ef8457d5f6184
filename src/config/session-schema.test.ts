import { describe, expect, it } from 'vitest'
import { loadText, problemsOf } from '../../test/support/load-text.ts'

const DEFAULTS = {
  store: 'sqlite',
  ttl: 3_600_000,
  max: 1000,
  sweepInterval: 300_000,
  maxMessages: 1000,
  maxBytes: 16 * 1024 * 1024,
  memoryThreshold: 0.8,
  compression: true,
  redis: { url: 'redis://127.0.0.1:6379' },
}

describe('sessions in the config', () => {
  it('need not be mentioned', async () => {
    expect((await loadText({})).config.sessions).toEqual(DEFAULTS)
  })

  it('can all be set by the variables of the predecessor, times in seconds', async () => {
    const environment = {
      CLAUDE_WRAPPER_SESSION_STORE: 'redis',
      CLAUDE_WRAPPER_REDIS_URL: 'redis://redis.example:6380',
      CLAUDE_WRAPPER_SESSION_TTL: '7200',
      CLAUDE_WRAPPER_MAX_SESSIONS: '50',
      CLAUDE_WRAPPER_CLEANUP_INTERVAL: '60',
      CLAUDE_WRAPPER_MAX_MESSAGES: '200',
      CLAUDE_WRAPPER_MAX_SESSION_BYTES: '1mb',
      CLAUDE_WRAPPER_MEMORY_THRESHOLD: '0.5',
      CLAUDE_WRAPPER_COMPRESSION_ENABLED: 'false',
    }
    const { config, problems } = await loadText({ sessions: { max: 5 } }, { environment })
    expect(problems).toEqual([])
    expect(config.sessions).toEqual({
      store: 'redis',
      ttl: 7_200_000,
      max: 50,
      sweepInterval: 60_000,
      maxMessages: 200,
      maxBytes: 1024 * 1024,
      memoryThreshold: 0.5,
      compression: false,
      redis: { url: 'redis://redis.example:6380' },
    })
  })

  it('can be set by the older variables too, times in milliseconds, which count less', async () => {
    const older = { SESSION_TTL: '1500', SESSION_CLEANUP_INTERVAL: '2500', SESSION_MESSAGE_LIMIT: '100' }
    const { config } = await loadText({}, { environment: older })
    expect(config.sessions).toEqual({ ...DEFAULTS, ttl: 1500, sweepInterval: 2500, maxMessages: 100 })
    const both = await loadText({}, { environment: { ...older, CLAUDE_WRAPPER_SESSION_TTL: '60' } })
    expect(both.config.sessions.ttl).toBe(60_000)
  })

  it.each([
    ['a store that does not exist', { store: 'mongo' }, 'sessions.store'],
    ['no lifetime', { ttl: 0 }, 'sessions.ttl'],
    ['no pause between sweeps', { sweepInterval: 0 }, 'sessions.sweepInterval'],
    ['room for none', { max: 0 }, 'sessions.max'],
    ['room for half a turn', { maxMessages: 1 }, 'sessions.maxMessages'],
    ['more memory than there is', { memoryThreshold: 1.5 }, 'sessions.memoryThreshold'],
    ['another kind of database', { redis: { url: 'https://redis.example' } }, 'sessions.redis.url'],
  ])('refuse %s', async (_, sessions, field) => {
    expect(await problemsOf({ sessions })).toMatchObject([{ severity: 'error', field }])
  })

  it('are not kept in the memory of several workers', async () => {
    const sessions = { store: 'memory' }
    expect(await problemsOf({ sessions, server: { workers: 2 } })).toMatchObject([{ field: 'sessions.store' }])
    expect(await problemsOf({ sessions })).toEqual([])
  })
})
