import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Answer, Json, Question } from '../support/ask.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { install } from '../support/install.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const KEYS = {
  auth: {
    keys: [
      { name: 'alice', key: 'alice-0123456789' },
      { name: 'bob', key: 'bob-0123456789' },
    ],
  },
}

/** What a holder of a key asks of `/v1/sessions`. */
function asker({ url }: TestGateway, key = 'alice-0123456789') {
  return (path: string, method: Question['method'] = 'GET', body?: Json | string): Promise<Answer> =>
    ask(`${url}/v1/sessions${path}`, {
      method,
      headers: { authorization: `Bearer ${key}` },
      ...(body !== undefined && { body }),
    })
}

const start = (sessions: ConfigFile['sessions'] = {}, folder?: string): Promise<TestGateway> =>
  install({ ...KEYS, sessions }, folder === undefined ? {} : { folder })

/** Which of two uses was first can be told when they are a millisecond apart. */
const untilLater = (milliseconds = 2): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, milliseconds))

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

describe.each(['sqlite', 'memory'] as const)('/v1/sessions with %s', (store) => {
  it('makes a session', async () => {
    const sessions = asker(await start({ store }))
    const made = await sessions('', 'POST', { model: 'claude-sonnet-5', system_prompt: 'Be brief.' })
    expect(made.status).toBe(201)
    expect(made.json()).toEqual({
      id: expect.stringMatching(/^session_[A-Za-z0-9]{20,}$/),
      session_id: made.json()['id'],
      object: 'session',
      status: 'active',
      model: 'claude-sonnet-5',
      title: null,
      max_turns: null,
      metadata: {},
      message_count: 0,
      dropped_messages: 0,
      bytes: 0,
      failed_requests: 0,
      last_failure: null,
      created_at: TIME,
      last_accessed: TIME,
      expires_at: TIME,
      system_prompt: 'Be brief.',
    })
    const { created_at: created, expires_at: expires } = made.json()
    expect(Date.parse(String(expires)) - Date.parse(String(created))).toBeGreaterThanOrEqual(3_600_000)
    const got = await sessions(`/${String(made.json()['id'])}`)
    expect(got.status).toBe(200)
    expect(got.json()).toMatchObject({ messages: [{ role: 'system', content: 'Be brief.' }] })
  })

  it('adds messages, to a new session too', async () => {
    const sessions = asker(await start({ store }))
    const tool = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1.0}' } }
    const messages = [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
      { role: 'assistant', content: null, tool_calls: [tool] },
      { role: 'tool', tool_call_id: 'call_1', content: 'a cat' },
      { role: 'assistant', content: 'A cat.' },
    ]
    const first = await sessions('/talk/messages', 'POST', { messages })
    expect(first.status).toBe(200)
    expect(first.json()).toEqual({ session_id: 'talk', message_count: 4, messages })
    const more = { messages: [{ role: 'user', content: 'Thanks' }] }
    const second = await sessions('/talk/messages', 'POST', more)
    expect(second.json()).toEqual({ session_id: 'talk', message_count: 5, messages: [...messages, ...more.messages] })
    expect((await sessions('/talk')).json()).toMatchObject({ message_count: 5, messages: second.json()['messages'] })
  })

  it('keeps all of what many add at once', async () => {
    const sessions = asker(await start({ store }))
    const words = Array.from({ length: 30 }, (_, index) => `word ${index}`)
    await Promise.all(
      words.map((content) => sessions('/talk/messages', 'POST', { messages: [{ role: 'user', content }] })),
    )
    const { messages } = (await sessions('/talk')).json() as { messages: { content: string }[] }
    expect(messages.map(({ content }) => content).toSorted()).toEqual(words.toSorted())
  })

  it('changes what a session is called, and nothing else', async () => {
    const sessions = asker(await start({ store }))
    await sessions('', 'POST', {
      model: 'a',
      session_id: 'talk',
      title: 'One',
      metadata: { a: 1.5, b: ['ü'] },
      max_turns: 3,
    })
    const changed = await sessions('/talk', 'PATCH', { title: 'Two', system_prompt: 'Be long.' })
    expect(changed.json()).toMatchObject({ title: 'Two', model: 'a', max_turns: 3, metadata: { a: 1.5, b: ['ü'] } })
    expect((await sessions('/talk', 'PATCH', { metadata: null, max_turns: 7 })).json()).toMatchObject({
      title: 'Two',
      metadata: {},
      max_turns: 7,
      system_prompt: 'Be long.',
    })
    expect((await sessions('/talk', 'PATCH', { system_prompt: null, title: null })).json()).toMatchObject({
      title: null,
      system_prompt: null,
    })
  })

  it('deletes', async () => {
    const sessions = asker(await start({ store }))
    await sessions('', 'POST', { model: 'a', session_id: 'talk' })
    const deleted = await sessions('/talk', 'DELETE')
    expect(deleted.json()).toEqual({ message: 'The session is deleted.', session_id: 'talk', deleted: true })
    expect((await sessions('/talk')).status).toBe(404)
    expect((await sessions('/talk', 'DELETE')).status).toBe(404)
  })

  it('is for any other key as if it were not', async () => {
    const gateway = await start({ store })
    const [alice, bob] = [asker(gateway), asker(gateway, 'bob-0123456789')]
    await alice('/talk/messages', 'POST', { messages: [{ role: 'user', content: 'secret' }] })
    const about = async (path: string): Promise<readonly unknown[]> => {
      const answers = [await bob(path), await bob(path, 'PATCH', { title: 'x' }), await bob(path, 'DELETE')]
      return answers.map(({ status, headers, text }) => {
        const { date: _date, 'request-id': _id, 'x-request-id': _other, 'content-length': _length, ...fields } = headers
        return { status, fields, text: text.replaceAll(path.slice(1), 'ID') }
      })
    }
    expect(await about('/talk')).toEqual(await about('/none'))
    expect((await bob('/talk')).json()).toEqual({
      error: { message: 'There is no session "talk".', type: 'session_not_found', code: '404' },
    })
    expect((await bob('')).json()).toMatchObject({ sessions: [], total: 0 })
    expect((await bob('/stats')).json()).toMatchObject({ totalSessions: 0, session_stats: { total_messages: 0 } })
    await bob('/talk/messages', 'POST', { messages: [{ role: 'user', content: 'mine' }] })
    expect((await alice('/talk')).json()).toMatchObject({ message_count: 1, messages: [{ content: 'secret' }] })
    expect((await ask(`${gateway.url}/v1/sessions/talk`)).status).toBe(401)
  })

  it('lists the newest first, page by page', async () => {
    const sessions = asker(await start({ store }))
    for (let index = 0; index < 5; index++) await sessions('', 'POST', { model: 'a', session_id: `s${index}` })
    const seen: string[] = []
    for (let query = '?limit=2'; query !== '';) {
      const page = (await sessions(query)).json() as {
        sessions: { id: string; message_count: number; messages?: unknown }[]
        total: number
        has_more: boolean
        next: string | null
      }
      expect(page).toMatchObject({ total: 5, has_more: page.next !== null })
      seen.push(...page.sessions.map(({ id }) => id))
      expect(page.sessions.every(({ messages }) => messages === undefined)).toBe(true)
      query = page.next === null ? '' : `?limit=2&after=${page.next}`
    }
    expect(seen.toSorted()).toEqual(['s0', 's1', 's2', 's3', 's4'])
  })

  it('counts', async () => {
    const gateway = await start({ store, ttl: '2h', sweepInterval: '10m' })
    const sessions = asker(gateway)
    await sessions('', 'POST', { model: 'a', session_id: 'one' })
    await sessions('/two/messages', 'POST', {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'user', content: 'b' },
        { role: 'user', content: 'c' },
      ],
    })
    expect((await sessions('/stats')).json()).toEqual({
      totalSessions: 2,
      activeSessions: 2,
      expiredSessions: 0,
      averageMessageCount: 1.5,
      oldestSessionAge: expect.any(Number),
      session_stats: { active_sessions: 2, expired_sessions: 0, total_messages: 3 },
      cleanup_interval_minutes: 10,
      default_ttl_hours: 2,
    })
    expect((await ask(`${gateway.url}/health`)).json()).toMatchObject({ sessions: { active: 2, total: 2 } })
  })

  it('lets the least recently used go over the maximum, and says so', async () => {
    // Uses are noted to a sixtieth of that.
    const gateway = await start({ store, max: 2, ttl: '6s' })
    const sessions = asker(gateway)
    for (const id of ['a', 'b']) {
      const made = await sessions('', 'POST', { model: 'm', session_id: id })
      expect(made.headers['x-ucr-sessions-evicted']).toBeUndefined()
    }
    await untilLater(100)
    await sessions('/a')
    const made = await sessions('', 'POST', { model: 'm', session_id: 'c' })
    expect(made.headers['x-ucr-sessions-evicted']).toBe('1')
    expect([(await sessions('/a')).status, (await sessions('/b')).status]).toEqual([200, 404])
  })

  it('forgets a session when its time is over, and begins it anew', async () => {
    const sessions = asker(await start({ store, ttl: '50ms', sweepInterval: '1h' }))
    await sessions('/talk/messages', 'POST', { messages: [{ role: 'user', content: 'old' }] })
    const active = async () => (await sessions('/stats')).json()['activeSessions']
    while ((await active()) !== 0) await untilLater()
    expect((await sessions('/talk')).status).toBe(404)
    expect((await sessions('/stats')).json()).toMatchObject({ totalSessions: 1, activeSessions: 0, expiredSessions: 1 })
    const again = await sessions('/talk/messages', 'POST', { messages: [{ role: 'user', content: 'new' }] })
    expect(again.json()).toMatchObject({ message_count: 1 })
  })

  it('keeps the newest of a history that is too long', async () => {
    const sessions = asker(await start({ store, maxMessages: 3 }))
    for (const content of ['a', 'b', 'c', 'd', 'e']) {
      await sessions('/talk/messages', 'POST', { messages: [{ role: 'user', content }] })
    }
    expect((await sessions('/talk')).json()).toMatchObject({
      message_count: 3,
      dropped_messages: 2,
      messages: [{ content: 'c' }, { content: 'd' }, { content: 'e' }],
    })
  })
})

describe('/v1/sessions', () => {
  it.each<readonly [string, Question['method'], string, Json | string, string | null]>([
    ['no model', 'POST', '', {}, 'model'],
    ['a model of no text', 'POST', '', { model: 1 }, 'model'],
    ['an id with a space', 'POST', '', { model: 'a', session_id: 'a b' }, 'session_id'],
    ['an id that is too long', 'POST', '', { model: 'a', session_id: 'a'.repeat(201) }, 'session_id'],
    ['no turns', 'POST', '', { model: 'a', max_turns: 0 }, 'max_turns'],
    ['metadata in a list', 'POST', '', { model: 'a', metadata: [] }, 'metadata'],
    ['a list as the body', 'POST', '', '[]', 'body'],
    ['no JSON', 'POST', '', '{', null],
    ['no messages', 'POST', '/talk/messages', {}, 'messages'],
    ['a message of no role', 'POST', '/talk/messages', { messages: [{ content: 'a' }] }, 'messages.0.role'],
    ['an id of another alphabet', 'POST', '/%C3%BC/messages', { messages: [] }, 'session_id'],
    ['a page of none', 'GET', '?limit=0', '', 'limit'],
    ['a page of too many', 'GET', '?limit=101', '', 'limit'],
    ['a cursor of somebody else', 'GET', '?after=abc', '', 'after'],
  ])('refuses %s', async (_, method, path, body, param) => {
    const sessions = asker(await start())
    const answer = await sessions(path, method, body === '' ? undefined : body)
    expect(answer.status, answer.text).toBe(400)
    if (param !== null) expect(answer.json()).toMatchObject({ error: { param } })
  })

  it('makes no second session of one id', async () => {
    const sessions = asker(await start())
    await sessions('', 'POST', { model: 'a', session_id: 'talk' })
    expect((await sessions('', 'POST', { model: 'a', session_id: 'talk' })).status).toBe(409)
  })

  it('keeps them over a restart', async () => {
    const folder = temporaryFolder()
    const first = await start({}, folder)
    await asker(first)('/talk/messages', 'POST', { messages: [{ role: 'user', content: 'kept' }] })
    await first.close()
    const second = await start({}, folder)
    expect((await asker(second)('/talk')).json()).toMatchObject({ messages: [{ content: 'kept' }] })
  })

  it('is not there where sessions are off', async () => {
    const sessions = asker(await start({ store: 'off' }))
    expect((await sessions('')).status).toBe(404)
  })
})
