import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../lib/json.ts'
import { pollForToken, requestDeviceCode, type DeviceFlowWorld } from './device-flow.ts'
import type { HttpQuestion } from './http.ts'

const SETTINGS = { origin: 'https://github.example', clientId: 'client', scope: 'read:user' }
const CODE = {
  deviceCode: 'device',
  userCode: 'ABCD-1234',
  verificationUri: 'https://github.example/login/device',
  interval: 5,
  expiresIn: 900,
}

/** A far end with prepared answers, and a clock that only waiting moves. */
class FakeWorld implements DeviceFlowWorld {
  readonly questions: HttpQuestion[] = []
  readonly waits: number[] = []
  readonly #answers: JsonValue[]

  constructor(answers: readonly JsonValue[]) {
    this.#answers = [...answers]
  }

  ask(question: HttpQuestion) {
    this.questions.push(question)
    const json = this.#answers.shift()
    return Promise.resolve({ status: 200, text: JSON.stringify(json), json, milliseconds: 1 })
  }

  wait(milliseconds: number) {
    this.waits.push(milliseconds)
    return Promise.resolve()
  }

  now() {
    return this.waits.reduce((sum, wait) => sum + wait, 0)
  }
}

describe('requestDeviceCode()', () => {
  it('reads the code, and fills in interval and expiry where the server gives none', async () => {
    const world = new FakeWorld([{ device_code: 'd', user_code: 'U', verification_uri: 'https://github.example/x' }])
    expect(await requestDeviceCode(SETTINGS, world)).toEqual({
      deviceCode: 'd',
      userCode: 'U',
      verificationUri: 'https://github.example/x',
      interval: 5,
      expiresIn: 900,
    })
    expect(world.questions[0]).toMatchObject({
      url: 'https://github.example/login/device/code',
      method: 'POST',
      body: 'client_id=client&scope=read%3Auser',
    })
  })

  it('says what the server said when there is no code', async () => {
    const world = new FakeWorld([{ error: 'unauthorized_client', error_description: 'device flow is disabled' }])
    await expect(requestDeviceCode(SETTINGS, world)).rejects.toThrow('device flow is disabled')
  })
})

describe('pollForToken()', () => {
  it('asks at the interval until there is a token', async () => {
    const world = new FakeWorld([
      { error: 'authorization_pending' },
      { error: 'authorization_pending' },
      { access_token: 'gho_token' },
    ])
    expect(await pollForToken(SETTINGS, CODE, world)).toBe('gho_token')
    expect(world.waits).toEqual([5000, 5000, 5000])
  })

  it('adds five seconds at slow_down, or takes the interval that comes with it', async () => {
    const world = new FakeWorld([
      { error: 'slow_down' },
      { error: 'slow_down', interval: 30 },
      { error: 'authorization_pending' },
      { access_token: 'gho_token' },
    ])
    expect(await pollForToken(SETTINGS, CODE, world)).toBe('gho_token')
    expect(world.waits).toEqual([5000, 10_000, 30_000, 30_000])
  })

  it('gives up when the code runs out, without asking once more', async () => {
    const pending = { error: 'authorization_pending' }
    const world = new FakeWorld([pending, pending, pending, pending])
    await expect(pollForToken(SETTINGS, { ...CODE, expiresIn: 12 }, world)).rejects.toThrow('ran out')
    expect(world.questions).toHaveLength(2)
  })

  it.each([
    ['expired_token', 'ran out'],
    ['access_denied', 'refused'],
    ['incorrect_device_code', 'incorrect_device_code'],
  ])('ends at %s', async (error, message) => {
    await expect(pollForToken(SETTINGS, CODE, new FakeWorld([{ error }]))).rejects.toThrow(message)
  })
})
