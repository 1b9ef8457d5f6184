import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { provider, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'
import type { RunningUcr } from '../support/ucr-process.ts'

const { chat } = SPEAKERS

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

async function start(words: readonly string[] = []): Promise<{ readonly gateway: RunningUcr; readonly url: string }> {
  const gateway = machine.start(['start', ...words])
  const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
  return { gateway, url }
}

function say(url: string, id: string, content: string) {
  return ask(`${url}/v1/sessions/${id}/messages`, { body: { messages: [{ role: 'user', content }] } })
}

async function wordsOf(url: string, id: string): Promise<readonly string[]> {
  const { messages } = (await ask(`${url}/v1/sessions/${id}`)).json() as { messages: { content: string }[] }
  return messages.map(({ content }) => content)
}

describe('sessions of a gateway as a process', () => {
  it('survive the death of the process, all that was answered', async () => {
    await machine.writeConfig({ server: { port: 0 } })
    const first = await start()
    const answered: string[] = []
    let dead = false
    const talk = (async () => {
      for (let index = 0; !dead; index++) {
        const answer = await say(first.url, 'talk', `word ${index}`).catch(() => null)
        if (answer?.status === 200) answered.push(`word ${index}`)
        if (answered.length === 20) first.gateway.kill('SIGKILL')
        dead = answer === null
      }
    })()
    await talk
    await first.gateway.ended
    const second = await start()
    expect((await wordsOf(second.url, 'talk')).slice(0, answered.length)).toEqual(answered)
    expect((await say(second.url, 'talk', 'once more')).status).toBe(200)
  })

  it.each([false, true])('have every answer that a client has seen whole, streamed %s', async (stream) => {
    const upstream = await vendorOf(saying(chat, 'Yes.'))
    await machine.writeConfig({ server: { port: 0 }, providers: [provider('far', chat, upstream.url)] })
    const first = await start()
    const body = chat.request(chat.model, { session_id: 'talk', stream })
    let answered = 0
    // Killed at the moment at which the last byte of an answer is read.
    while (answered < 5) if ((await ask(`${first.url}${chat.path}`, { body })).status === 200) answered++
    first.gateway.kill('SIGKILL')
    await first.gateway.ended
    const second = await start()
    expect(await wordsOf(second.url, 'talk')).toHaveLength(2 * answered)
  })

  it.skipIf(process.platform === 'win32')('are in a file that only its owner can read', async () => {
    await machine.writeConfig({ server: { port: 0 } })
    await start()
    const file = join(machine.home, '.local', 'state', 'ucr', 'ucr.db')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('are the same in all workers', async () => {
    await machine.writeConfig({ server: { port: 0 } })
    const { url } = await start(['--workers', '2'])
    const words = Array.from({ length: 20 }, (_, index) => `word ${index}`)
    await Promise.all(words.map((word) => say(url, 'talk', word)))
    const seen = await Promise.all(Array.from({ length: 6 }, () => wordsOf(url, 'talk')))
    for (const each of seen) expect(each.toSorted()).toEqual(words.toSorted())
  })

  it('let requests in one after the other, whichever worker has them', async () => {
    const upstream = await vendorOf(saying(chat, 'Yes.'))
    await machine.writeConfig({ server: { port: 0 }, providers: [provider('far', chat, upstream.url)] })
    const { url } = await start(['--workers', '2'])
    const body = chat.request(chat.model, { session_id: 'talk' })
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(`${url}${chat.path}`, { body })))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const lengths = upstream.requests.map((asked) => (asked.json() as { messages: unknown[] }).messages.length)
    expect(lengths).toEqual(answers.map((_, index) => 2 * index + 1))
  })

  it('are not kept in the memory of several workers', async () => {
    await machine.writeConfig({ server: { port: 0, workers: 2 }, sessions: { store: 'memory' } })
    const { code, stderr } = await machine.run(['start'])
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining('sessions.store') })
  })
})
