import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import type { Answer } from '../support/ask.ts'
import { generate, install, provider, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'

const { chat } = SPEAKERS

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

describe('slow operations', () => {
  it('are told of: a vendor that begins late', async () => {
    const upstream = await vendorOf(async (request, reply) => {
      await setTimeout(50)
      await saying(chat, 'Hello')(request, reply)
    })
    const config = { providers: [provider('far', chat, upstream.url)] }
    const gateway = await install({ ...config, logging: { slowFirstByte: '20ms' } })
    await generate(gateway, chat, 'far/gpt-5.5', { stream: true })
    const line = await gateway.logged(({ msg }) => msg === 'slow operation')
    expect(line).toMatchObject({ level: 'warn', operation: 'first byte', provider: 'far', model: chat.model })
    expect(line['duration']).toBeGreaterThan(20)

    // The answer as a whole may take as long as it likes, and a limit that is lifted is none.
    await generate(gateway, chat, 'far/gpt-5.5')
    await gateway.rewrite({ ...config, logging: { slowFirstByte: 0 } })
    await generate(gateway, chat, 'far/gpt-5.5', { stream: true })
    expect(gateway.log.filter(({ operation }) => operation === 'first byte')).toHaveLength(1)
  })

  it('are told of: a process that stood still', async () => {
    const asked = Promise.withResolvers<void>()
    const stoodStill = Promise.withResolvers<void>()
    const upstream = await vendorOf(async (request, reply) => {
      asked.resolve()
      await stoodStill.promise
      await saying(chat, 'Hello')(request, reply)
    })
    const providers = [provider('far', chat, upstream.url)]
    await machine.writeConfig({ server: { port: 0 }, providers, logging: { slowOperations: '100ms' } })
    const running = machine.start(['start'])
    const [, url = ''] = await running.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    const answer = ask(`${url}${chat.path}`, { body: chat.request('far/gpt-5.5') })
    await asked.promise
    process.kill(running.pid, 'SIGSTOP')
    await setTimeout(500)
    process.kill(running.pid, 'SIGCONT')
    await running.printed(/"operation":"event loop","duration":\d+,"msg":"slow operation"/)
    stoodStill.resolve()
    expect((await answer).status).toBe(200)
  })
})

describe('DEBUG', () => {
  const PROMPT = 'a prompt that nobody may read'
  const ANSWER = 'an answer that nobody may read'
  const KEY = 'client-key-0123456789'

  /** What a gateway at level `silent` says when it is asked, and refuses, and ends. */
  async function saidWith(debug: string): Promise<readonly Record<string, unknown>[]> {
    const upstream = await vendorOf(saying(chat, ANSWER))
    await machine.writeConfig({
      server: { port: 0 },
      auth: { keys: [{ name: 'me', key: KEY }] },
      providers: [provider('far', chat, upstream.url)],
      logging: { level: 'silent' },
    })
    const running = machine.start(['start'], { environment: { DEBUG: debug } })
    const [, url = ''] = await running.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    const asked = (key: string): Promise<Answer> =>
      ask(`${url}${chat.path}?secret=${PROMPT.replaceAll(' ', '')}`, {
        headers: { authorization: `Bearer ${key}`, 'x-session-id': 'talk' },
        body: chat.request('far/gpt-5.5', { messages: [{ role: 'user', content: PROMPT }], temperature: 0 }),
      })
    expect((await asked(KEY)).status).toBe(200)
    expect((await asked('wrong-key-0123456789')).status).toBe(401)
    running.kill('SIGTERM')
    const { stdout } = await running.ended
    for (const secret of [PROMPT, PROMPT.replaceAll(' ', ''), ANSWER, KEY, 'wrong-key', 'key-of-far']) {
      expect(stdout).not.toContain(secret)
    }
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  it('shows what the parts do that it names, at every level, without words or keys of anybody', async () => {
    const lines = await saidWith('claude-wrapper:*,-ucr:performance')
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ namespace: 'ucr:auth', msg: 'known', key: 'me' }),
        expect.objectContaining({ namespace: 'ucr:auth', msg: 'refused' }),
        expect.objectContaining({ namespace: 'ucr:session', msg: 'entered', session: 'talk', messages: 0 }),
        expect.objectContaining({ namespace: 'ucr:route', msg: 'decided', candidates: 'far/gpt-5.5' }),
        expect.objectContaining({ namespace: 'ucr:upstream', msg: 'asked', deployment: 'far/gpt-5.5', attempt: 1 }),
        expect.objectContaining({ namespace: 'ucr:upstream', msg: 'answers', status: 200 }),
        expect.objectContaining({ namespace: 'ucr:http', msg: 'answered', path: chat.path, status: 401 }),
      ]),
    )
    const [first] = lines
    expect(first).toMatchObject({ level: 'debug', requestId: expect.stringMatching(/^\w{20,}$/) })
    expect(new Set(lines.map(({ namespace }) => namespace))).toEqual(
      new Set(['ucr:auth', 'ucr:session', 'ucr:route', 'ucr:upstream', 'ucr:http']),
    )
  })

  it('shows one part alone', async () => {
    const lines = await saidWith('express,claude-wrapper:performance')
    expect(lines).toMatchObject([{ namespace: 'ucr:performance', msg: 'took', preparation: expect.any(Number) }, {}])
    expect(lines.every(({ namespace }) => namespace === 'ucr:performance')).toBe(true)
  })

  it('of other programs shows nothing', async () => expect(await saidWith('express:*')).toEqual([]))
})
