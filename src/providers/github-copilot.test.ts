import { describe, expect, it } from 'vitest'
import { copilotCredential } from './github-copilot.ts'
import type { FetchText } from './github-copilot.ts'

const MINUTE = 60_000

/** GitHub as far as this credential sees it: each answer is used once, the last one again and again. */
function github(...answers: readonly ({ status: number; body: string } | Error)[]) {
  const asked: { url: string; headers: Readonly<Record<string, string>> }[] = []
  const clock = { now: 0 }
  const fetchText: FetchText = (url, headers) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]
    asked.push({ url, headers })
    return answer instanceof Error || answer === undefined ? Promise.reject(answer) : Promise.resolve(answer)
  }
  const credential = copilotCredential('gho_0123456789abcdef', { fetchText, wallClock: () => clock.now })
  return { credential, clock, asked }
}

const token = (name: string, expiresInMinutes: number) => ({
  status: 200,
  body: JSON.stringify({ token: name, expires_at: (expiresInMinutes * MINUTE) / 1000, refresh_in: 1500 }),
})

describe('copilotCredential()', () => {
  it('exchanges the GitHub token once and sends what it got', async () => {
    const { credential, asked } = github(token('t1', 30))
    const answers = await Promise.all([credential.headers(), credential.headers(), credential.headers()])
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ authorization: 'Bearer t1' })))
    expect(await credential.headers()).toEqual({ authorization: 'Bearer t1' })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({
      url: 'https://api.github.com/copilot_internal/v2/token',
      headers: { authorization: 'token gho_0123456789abcdef' },
    })
  })

  it('renews a token before it ends', async () => {
    const { credential, clock, asked } = github(token('t1', 30), token('t2', 60))
    await credential.headers()
    clock.now = 24 * MINUTE
    expect(await credential.headers()).toEqual({ authorization: 'Bearer t1' })
    clock.now = 26 * MINUTE
    expect(await credential.headers()).toEqual({ authorization: 'Bearer t2' })
    expect(asked).toHaveLength(2)
  })

  it('uses the old token to its end while GitHub is away, and fails after it', async () => {
    const { credential, clock } = github(token('t1', 30), new Error('down'))
    await credential.headers()
    clock.now = 29 * MINUTE
    expect(await credential.headers()).toEqual({ authorization: 'Bearer t1' })
    clock.now = 31 * MINUTE
    await expect(credential.headers()).rejects.toMatchObject({ code: 'upstream_unauthorized' })
  })

  it('asks again after a failure', async () => {
    const { credential } = github(new Error('down'), token('t1', 30))
    await expect(credential.headers()).rejects.toMatchObject({ code: 'upstream_unauthorized' })
    expect(await credential.headers()).toEqual({ authorization: 'Bearer t1' })
  })

  it.each([
    [{ status: 401, body: '{}' }, /auth login/],
    [{ status: 200, body: 'not json' }, /no Copilot token/],
    [{ status: 200, body: '{"token":"a\\r\\nb","expires_at":9}' }, /no Copilot token/],
    [{ status: 500, body: 'gho_0123456789abcdef' }, /status 500/],
  ])('fails with a message that holds no secret: %j', async (answer, message) => {
    const { credential } = github(answer)
    const failure: unknown = await Promise.resolve(credential.headers()).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code: 'upstream_unauthorized', message: expect.stringMatching(message) })
    expect(String(failure)).not.toContain('gho_')
  })
})
