import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLog } from './log.ts'
import type { Log, LogOptions } from './log.ts'
import type { ExchangeRecord } from './observer.ts'

function newLog(options: Partial<LogOptions> = {}): {
  log: Log
  lines: () => Record<string, unknown>[]
  text: () => string
} {
  let text = ''
  const destination = { write: (line: string) => void (text += line) }
  const log = createLog({ level: 'info', pretty: false, file: null, destination, ...options })
  return {
    log,
    text: () => text,
    lines: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

const RECORD: ExchangeRecord = {
  requestId: 'r1',
  protocol: 'anthropic-messages',
  operation: 'generate',
  keyName: 'me',
  requestedModel: 'fast',
  provider: 'gpt',
  model: 'gpt-5.5-mini',
  plan: 'translate',
  reason: 'alias:fast',
  attempts: 2,
  stream: true,
  httpStatus: 200,
  status: 'complete',
  errorCode: null,
  losses: [{ field: 'top_k', how: 'dropped', why: 'no equivalent' }],
  usage: {
    input: { total: 1200, cacheRead: 1000, cacheWrite: 0, cacheWriteLong: 0 },
    output: { total: 50, reasoning: 20 },
    estimated: false,
    cost: null,
    raw: null,
  },
  cache: 'miss',
  billed: true,
  duration: 1240.123,
  timeToFirstByte: 310.04,
  timeToFirstToken: 420.06,
  requestBytes: 100,
  replyBytes: 200,
}

describe('createLog().exchange()', () => {
  it('writes one flat line', () => {
    const { log, lines } = newLog()
    log.exchange(RECORD)
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
        msg: 'request',
        requestId: 'r1',
        protocol: 'anthropic-messages',
        operation: 'generate',
        keyName: 'me',
        requestedModel: 'fast',
        provider: 'gpt',
        model: 'gpt-5.5-mini',
        plan: 'translate',
        reason: 'alias:fast',
        attempts: 2,
        billed: true,
        cache: 'miss',
        stream: true,
        httpStatus: 200,
        status: 'complete',
        errorCode: null,
        dropped: 'top_k',
        inputTokens: 1200,
        cacheReadTokens: 1000,
        cacheWriteTokens: 0,
        outputTokens: 50,
        reasoningTokens: 20,
        duration: 1240.1,
        timeToFirstByte: 310,
        timeToFirstToken: 420.1,
        requestBytes: 100,
        replyBytes: 200,
      },
    ])
  })

  it('says times in milliseconds to one place', () => {
    fc.assert(
      fc.property(fc.double({ min: -1000, max: 1e9, noNaN: true }), (time) => {
        const { log, lines } = newLog()
        log.exchange({ ...RECORD, duration: time, timeToFirstByte: time })
        const rounded = Math.round(time * 10) / 10 + 0
        expect(lines()[0]).toMatchObject({ duration: rounded, timeToFirstByte: rounded })
      }),
    )
  })

  it('leaves no field of a record out, and says null where there is none', () => {
    const { log, lines } = newLog()
    log.exchange(RECORD)
    const nothing = { keyName: null, requestedModel: null, provider: null, model: null, plan: null, reason: null }
    const times = { timeToFirstByte: null, timeToFirstToken: null }
    log.exchange({ ...RECORD, ...nothing, ...times, errorCode: 'internal', losses: [], usage: null })
    const names = Object.keys(RECORD).filter((name) => name !== 'losses' && name !== 'usage')
    expect(Object.keys(lines()[0]!)).toEqual(expect.arrayContaining(names))
    expect(lines()[1]).toMatchObject({ ...nothing, ...times, errorCode: 'internal' })
    expect(lines()[1]).not.toHaveProperty('inputTokens')
    expect(lines()[1]).not.toHaveProperty('dropped')
  })

  it('says when usage is an estimate', () => {
    const { log, lines } = newLog()
    log.exchange({ ...RECORD, usage: { ...RECORD.usage!, estimated: true } })
    expect(lines()[0]).toMatchObject({ usageEstimated: true, outputTokens: 50 })
  })

  it('stands between the other lines in the order in which they happened', () => {
    const { log, lines } = newLog()
    log.info('before')
    log.exchange(RECORD)
    log.info('after')
    expect(lines().map(({ msg }) => msg)).toEqual(['before', 'request', 'after'])
    const times = lines().map(({ time }) => String(time))
    expect(times).toEqual(times.toSorted())
  })

  it('remembers no more names than a while needs, however many clients make up', () => {
    const { log, lines } = newLog()
    for (let count = 0; count < 3000; count++)
      log.exchange({ ...RECORD, requestedModel: `sk-ant-0123456789${count} m${count}` })
    expect(lines()[2999]!['requestedModel']).toBe('[redacted] m2999')
  })

  it('warns of what failed at a vendor, and only of that', () => {
    const { log, lines } = newLog({ level: 'warn' })
    for (const status of ['complete', 'failed', 'upstream_truncated', 'client_closed', 'rejected'] as const) {
      log.exchange({ ...RECORD, status })
    }
    expect(lines().map(({ status }) => status)).toEqual(['failed', 'upstream_truncated'])
  })

  it('cleans names that clients chose', () => {
    const { log, text, lines } = newLog()
    log.exchange({ ...RECORD, requestedModel: 'a\n{"level":"fatal"}\u001b[2J', reason: 'model:sk-ant-0123456789' })
    log.exchange({ ...RECORD, requestedModel: 'a\n{"level":"fatal"}\u001b[2J', requestId: 'a"\n{}' })
    expect(lines()).toHaveLength(2)
    expect(lines()[1]!['requestId']).toBe('a"\\u000a{}')
    expect(lines()[0]!['requestedModel']).toBe('a\\u000a{"level":"fatal"}\\u001b[2J')
    expect(lines()[0]!['reason']).toBe('model:[redacted]')
    expect(text()).not.toContain('\u001b')
  })
})

describe('createLog()', () => {
  it('writes what is at least of its level, which can change', () => {
    const { log, lines } = newLog()
    log.debug('r', 'hidden')
    log.setLevel('debug')
    log.debug('r', 'shown', { status: 500 })
    log.setLevel('silent')
    log.error(null, 'hidden', new Error('x'))
    expect(lines()).toMatchObject([{ level: 'debug', msg: 'shown', requestId: 'r', status: 500 }])
  })

  it('leaves the request out where there is none', () => {
    const { log, lines } = newLog()
    log.warn(null, 'text')
    expect(lines()[0]).not.toHaveProperty('requestId')
  })

  it('shows errors with their causes, and all of it cleaned', () => {
    const { log, lines, text } = newLog()
    const cause = Object.assign(new Error('refused with x-api-key: canary-1'), { code: 'E_CANARY' })
    log.error('r', 'the call failed', new Error('outer\u001b[1m', { cause }))
    log.error('r', 'something was thrown', 'canary ucr_0123456789')
    expect(lines()).toMatchObject([
      {
        level: 'error',
        msg: 'the call failed',
        error: {
          type: 'Error',
          message: 'outer\\u001b[1m',
          stack: expect.stringContaining('\n    at ') as unknown,
          cause: { message: 'refused with x-api-key: [redacted]', code: 'E_CANARY' },
        },
      },
      { error: { message: 'canary [redacted]' } },
    ])
    expect(text()).not.toContain('canary-1')
  })

  it('hides exactly what it is told to, everywhere, from then on', () => {
    const { log, text } = newLog({ level: 'debug' })
    log.exchange({ ...RECORD, model: 'no-known-form-of-a-key' })
    expect(text()).toContain('no-known-form')
    const before = text().length
    log.hide(['no-known-form-of-a-key', 'short'])
    log.exchange({ ...RECORD, model: 'no-known-form-of-a-key' })
    log.debug('r', 'body', { body: 'wrong key no-known-form-of-a-key' })
    log.warn('r', 'no-known-form-of-a-key')
    log.attemptFailed({
      requestId: 'r',
      deployment: 'gpt/x',
      attempt: 1,
      errorCode: 'upstream_unreachable',
      detail: 'short no-known-form-of-a-key',
      willRetry: true,
    })
    log.error('r', 'x', new Error('no-known-form-of-a-key'))
    expect(text().slice(before)).not.toContain('no-known-form')
    expect(text()).toContain('short [redacted]')
  })

  it('writes to a file that only its owner can read, all of it when closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ucr-log-'))
    const file = join(folder, 'logs', 'ucr.log')
    const log = createLog({ level: 'info', pretty: false, file })
    log.info('started', { port: 3000 })
    for (let count = 0; count < 1000; count++) log.exchange(RECORD)
    const closed = log.close()
    log.info('ignored')
    await closed
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(1001)
    expect(JSON.parse(lines[0]!)).toMatchObject({ msg: 'started', port: 3000 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    rmSync(folder, { recursive: true })
  })

  it('writes a line that no other follows while it goes on, and the next one too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ucr-log-'))
    const file = join(folder, 'ucr.log')
    const log = createLog({ level: 'info', pretty: false, file })
    const watcher = watch(file)
    for (const name of ['first', 'second']) {
      log.info(name)
      while (!readFileSync(file, 'utf8').includes(name)) await once(watcher, 'change')
    }
    watcher.close()
    await log.close()
    rmSync(folder, { recursive: true })
  })

  it.each([
    ['process.exit(3)', 'leaves by itself'],
    ["throw new Error('a bug')", 'breaks'],
  ])('loses no line of a process that ends with %s', (end) => {
    const folder = mkdtempSync(join(tmpdir(), 'ucr-log-'))
    const file = join(folder, 'ucr.log')
    const program = `
      import { createLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)}
      const log = createLog({ level: 'info', pretty: false, file: ${JSON.stringify(file)} })
      const record = ${JSON.stringify(RECORD)}
      for (let count = 0; count < 100; count++) log.exchange(record)
      ${end}`
    const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program])
    expect(status).toBeGreaterThan(0)
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(100)
    rmSync(folder, { recursive: true })
  })

  it('says at once when the file cannot be opened', () => {
    expect(() => createLog({ level: 'info', pretty: false, file: '/dev/null/ucr.log' })).toThrow(/^E[A-Z]+: /)
  })
})

describe('createLog() for people', () => {
  const pretty = (write: (log: Log) => void, colors = false): string => {
    const { log, text } = newLog({ pretty: true, colors })
    write(log)
    return text()
  }

  it('writes an exchange as a sentence', () => {
    expect(pretty((log) => log.exchange(RECORD))).toMatch(
      /^\d\d:\d\d:\d\d INFO {2}200 fast -> gpt\/gpt-5\.5-mini 1\.24 s, first byte 0\.31 s, first token 0\.42 s, 1200 in, 50 out, 2 attempts, alias:fast, dropped top_k r1\n$/,
    )
  })

  it('writes a rejected request as one', () => {
    const rejected: ExchangeRecord = {
      ...RECORD,
      requestedModel: null,
      provider: null,
      model: null,
      reason: null,
      attempts: 0,
      httpStatus: 401,
      status: 'rejected',
      errorCode: 'unauthorized',
      losses: [],
      usage: null,
      timeToFirstByte: null,
      timeToFirstToken: null,
      operation: 'none',
    }
    expect(pretty((log) => log.exchange(rejected))).toMatch(
      /INFO {2}401 rejected \(unauthorized\) anthropic-messages none 1\.24 s r1\n$/,
    )
  })

  it('writes fields behind the text and errors below it', () => {
    const text = pretty((log) => {
      log.info('started', { port: 3000, host: 'a' })
      log.error('r1', 'it broke', new Error('outer', { cause: new Error('inner') }))
    })
    expect(text).toMatch(/INFO {2}started port=3000 host=a\n/)
    expect(text).toMatch(/ERROR it broke requestId=r1\n {4}Error: outer\n {8}at .*\n/)
    expect(text).toMatch(/\n {6}Error: inner\n/)
  })

  it('colours only when told to, and never by the words of others', () => {
    expect(pretty((log) => log.warn(null, 'x'))).not.toContain('\u001b')
    const colored = pretty((log) => log.warn(null, 'a\u001b[31mb'), true)
    expect(colored).toContain('\u001b[')
    expect(colored).toContain('a\\u001b[31mb')
  })
})
