import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Courier } from './courier.ts'
import type { Destination, PostResult } from './destination.ts'
import { messageCalled } from './test-support.ts'

const SECRET = 'a-secret-of-the-test'
const HOOK: Destination = { type: 'webhook', url: 'https://hooks.example.com/secret-path?a=b', secret: SECRET }

interface Posted {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A courier whose posts and pauses end when the test says. */
class Office {
  readonly posted: Posted[] = []
  readonly pauses: number[] = []
  readonly lines: string[] = []
  readonly courier: Courier
  readonly #answers: ((result: PostResult) => void)[] = []
  readonly #waiting: (() => void)[] = []

  constructor(...destinations: readonly Destination[]) {
    this.courier = new Courier({
      post: (url, headers, body) => {
        this.posted.push({ url, headers, body })
        return new Promise((resolve) => this.#answers.push(resolve))
      },
      log: {
        info: (text, fields) => this.lines.push(`info ${text} ${JSON.stringify(fields)}`),
        warn: (_, text, fields) => this.lines.push(`warn ${text} ${JSON.stringify(fields)}`),
      },
      now: () => 1_700_000_000_500,
      random: () => 1,
      pause: (milliseconds) => {
        this.pauses.push(milliseconds)
        return new Promise((resolve) => this.#waiting.push(resolve))
      },
    })
    this.courier.adopt(destinations)
  }

  async answer(result: number | string): Promise<void> {
    this.#answers.shift()?.(
      typeof result === 'number' ? { kind: 'answered', status: result } : { kind: 'failed', why: result },
    )
    await settled()
  }

  async elapse(): Promise<void> {
    this.#waiting.shift()?.()
    await settled()
  }

  rulesPosted(): readonly string[] {
    return this.posted.map(({ body }) => (JSON.parse(body) as { rule: string }).rule)
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('Courier', () => {
  it('signs what a webhook gets', async () => {
    const office = new Office(HOOK)
    office.courier.send(messageCalled('slow'))
    const [{ url, headers, body } = { url: '', headers: {}, body: '' }] = office.posted
    expect(url).toBe(HOOK.type === 'webhook' ? HOOK.url : '')
    const expected = createHmac('sha256', SECRET).update(`1700000000.${body}`).digest('hex')
    expect(headers['x-ucr-signature']).toBe(`t=1700000000,v1=${expected}`)
    expect(headers['idempotency-key']).toBe('id-of-slow')
    expect(JSON.parse(body)).toEqual(messageCalled('slow'))
    await office.answer(204)
    expect(office.courier.stats()).toEqual({ sent: 1, failed: 0, dropped: 0 })
  })

  it('tells Slack what happened, and lets nothing in it be more than text', () => {
    const office = new Office({ type: 'slack', url: 'https://hooks.slack.com/x' })
    office.courier.send(messageCalled('slow <!channel> & more', { state: 'critical' }))
    const { text, blocks } = JSON.parse(office.posted[0]?.body ?? '') as { text: string; blocks: unknown[] }
    expect(text).toBe('slow &lt;!channel&gt; &amp; more: critical (p95 = 1501, threshold 1000, over 60 s)')
    expect(blocks).toHaveLength(2)
    expect(JSON.stringify(blocks)).not.toContain('<!channel>')
    expect(office.posted[0]?.headers).not.toHaveProperty('x-ucr-signature')
  })

  it('tries again later and later, the same message each time, and goes on with the next', async () => {
    const office = new Office(HOOK)
    office.courier.send(messageCalled('one'))
    office.courier.send(messageCalled('two'))
    await office.answer('nobody there')
    await office.elapse()
    await office.answer(503)
    await office.elapse()
    await office.answer(429)
    await office.elapse()
    await office.answer(200)
    expect(office.pauses).toEqual([1000, 2000, 4000])
    expect(office.rulesPosted()).toEqual(['one', 'one', 'one', 'one', 'two'])
    expect(new Set(office.posted.slice(0, 4).map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(office.courier.stats()).toMatchObject({ sent: 1, failed: 0 })
  })

  it('gives up in the end, and at once where the receiver says no; redirects are no yes', async () => {
    const office = new Office(HOOK)
    office.courier.send(messageCalled('one'))
    for (let tries = 1; tries < 8; tries++) {
      await office.answer(500)
      await office.elapse()
    }
    await office.answer(500)
    expect(office.courier.stats()).toMatchObject({ failed: 1 })
    office.courier.send(messageCalled('two'))
    await office.answer(302)
    expect(office.posted).toHaveLength(9)
    expect(office.courier.stats()).toEqual({ sent: 0, failed: 2, dropped: 0 })
    expect(office.lines).toHaveLength(2)
    expect(office.lines.join()).not.toContain('secret')
  })

  it('keeps at most so many waiting, and drops the oldest', async () => {
    const office = new Office(HOOK)
    for (let index = 0; index < 103; index++) office.courier.send(messageCalled(String(index)))
    // One is on its way, a hundred wait.
    expect(office.courier.stats()).toMatchObject({ dropped: 2 })
    await office.answer(200)
    expect(office.rulesPosted()).toEqual(['0', '3'])
    expect(office.lines).toHaveLength(2)
  })

  it('lets one destination wait for no other', async () => {
    const office = new Office(HOOK, { type: 'log' })
    office.courier.send(messageCalled('slow'))
    office.courier.send(messageCalled('slow', { state: 'ok' }))
    await settled()
    expect(office.posted).toHaveLength(1)
    expect(office.lines.map((line) => line.split(' ', 2).join(' '))).toEqual(['warn alert', 'info alert'])
    expect(office.courier.stats()).toMatchObject({ sent: 2 })
  })

  it('keeps what waits for a destination that stays, and forgets that of one that goes', async () => {
    const office = new Office(HOOK)
    office.courier.send(messageCalled('one'))
    await office.answer(500)
    office.courier.adopt([{ ...HOOK }, { type: 'log' }])
    await office.elapse()
    expect(office.posted).toHaveLength(2)
    await office.answer(500)
    office.courier.adopt([])
    await office.elapse()
    expect(office.posted).toHaveLength(2)
  })

  it('tests each destination once, and says what it said without its secrets', async () => {
    const office = new Office(HOOK, { type: 'log' })
    const tested = office.courier.test(messageCalled('slow', { test: true }))
    await office.answer(410)
    expect(await tested).toEqual([
      {
        type: 'webhook',
        target: 'https://hooks.example.com',
        ok: false,
        status: 410,
        error: 'it answered with status 410',
      },
      { type: 'log', target: 'log', ok: true, status: 200, error: null },
    ])
    expect(office.courier.stats()).toEqual({ sent: 0, failed: 0, dropped: 0 })
  })
})
