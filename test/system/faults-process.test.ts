import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { provider, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'
import { UserMachine } from '../support/ucr-process.ts'

const { chat } = SPEAKERS

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

describe('a gateway as a process', () => {
  it('outlives errors that no request can be blamed for', async () => {
    const upstream = await vendorOf(saying(chat, 'Still here.'))
    const router = join(machine.home, 'router.mjs')
    await writeFile(
      router,
      `export default () => {
        setTimeout(() => { throw new Error('stray error') })
        Promise.reject(new Error('stray rejection'))
        process.emit('warning', new Error('stray warning'))
        return null
      }`,
    )
    await machine.writeConfig({
      server: { port: 0 },
      providers: [provider('far', chat, upstream.url)],
      router: { customRouter: router },
    })
    const gateway = machine.start(['start'])
    const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    for (let count = 0; count < 3; count++) {
      const answer = await ask(`${url}${chat.path}`, { body: chat.request('gpt-5.5', { stream: count % 2 === 0 }) })
      expect(chat.wordsOf(answer)).toBe('Still here.')
    }
    await gateway.printed(/stray error/)
    await gateway.printed(/stray rejection/)
    gateway.kill('SIGTERM')
    expect((await gateway.ended).code).toBe(0)
  })

  it('notices by itself that its config has changed, and is told by SIGHUP', async () => {
    const before = await vendorOf(saying(chat, 'Before.'))
    const after = await vendorOf(saying(chat, 'After.'))
    const config = (url: string) => ({ server: { port: 0 }, providers: [provider('far', chat, url)] })
    await machine.writeConfig(config(before.url))
    const gateway = machine.start(['start'])
    const [, url = ''] = await gateway.printed(/listening on (http:\/\/127\.0\.0\.1:\d+)/)
    const words = async (): Promise<string> =>
      chat.wordsOf(await ask(`${url}${chat.path}`, { body: chat.request('gpt-5.5') }))
    expect(await words()).toBe('Before.')
    await machine.writeConfig(config(after.url))
    await gateway.printed(/config reloaded/)
    expect(await words()).toBe('After.')
    gateway.kill('SIGHUP')
    await gateway.printed(/config reloaded[^]*config reloaded/)
    expect(await words()).toBe('After.')
    gateway.kill('SIGTERM')
    expect((await gateway.ended).code).toBe(0)
  })
})
