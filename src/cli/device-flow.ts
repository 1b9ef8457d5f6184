import type { JsonValue } from '../lib/json.ts'
import { Failure } from './failure.ts'
import type { HttpAnswer, HttpQuestion } from './http.ts'

/**
 * OAuth device authorization (RFC 8628) as GitHub does it: the user types a short code on a page of GitHub's while this
 * program asks, now and then, whether that happened.
 * https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#device-flow
 */
export interface DeviceFlowSettings {
  /** `https://github.com`, or that of a GitHub Enterprise. */
  readonly origin: string
  readonly clientId: string
  readonly scope: string
}

export interface DeviceCode {
  readonly deviceCode: string
  /** What the user types. */
  readonly userCode: string
  readonly verificationUri: string
  /** Seconds between two questions. */
  readonly interval: number
  /** Seconds until the code is void. */
  readonly expiresIn: number
}

/** What the flow needs of the world; tests bring their own. */
export interface DeviceFlowWorld {
  ask(question: HttpQuestion): Promise<HttpAnswer>
  wait(milliseconds: number): Promise<void>
  /** Monotonic milliseconds. */
  now(): number
}

const TIMEOUT = 20_000
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** RFC 8628 section 3.5. */
const SLOW_DOWN_SECONDS = 5

export async function requestDeviceCode(settings: DeviceFlowSettings, world: DeviceFlowWorld): Promise<DeviceCode> {
  const answer = await world.ask(
    form(`${settings.origin}/login/device/code`, { client_id: settings.clientId, scope: settings.scope }),
  )
  const fields = fieldsOf(answer.json)
  const { device_code: deviceCode, user_code: userCode, verification_uri: verificationUri } = fields
  if (typeof deviceCode !== 'string' || typeof userCode !== 'string' || typeof verificationUri !== 'string') {
    throw new Failure(`${settings.origin} gave no code: ${explanation(answer, fields)}`)
  }
  return {
    deviceCode,
    userCode,
    verificationUri,
    interval: positive(fields['interval'], 5),
    expiresIn: positive(fields['expires_in'], 900),
  }
}

/** Asks until the user has agreed, and gives the access token. Throws `Failure` when they refused or the code ran out. */
export async function pollForToken(
  settings: DeviceFlowSettings,
  code: DeviceCode,
  world: DeviceFlowWorld,
): Promise<string> {
  const deadline = world.now() + code.expiresIn * 1000
  let interval = code.interval
  for (;;) {
    if (world.now() + interval * 1000 > deadline) throw expired()
    await world.wait(interval * 1000)
    const answer = await world.ask(
      form(`${settings.origin}/login/oauth/access_token`, {
        client_id: settings.clientId,
        device_code: code.deviceCode,
        grant_type: GRANT,
      }),
    )
    const fields = fieldsOf(answer.json)
    if (typeof fields['access_token'] === 'string') return fields['access_token']
    switch (fields['error']) {
      case 'authorization_pending':
        break
      case 'slow_down':
        interval = positive(fields['interval'], interval + SLOW_DOWN_SECONDS)
        break
      case 'expired_token':
        throw expired()
      case 'access_denied':
        throw new Failure('You refused the access, so nothing was stored.')
      default:
        throw new Failure(`${settings.origin} gave no token: ${explanation(answer, fields)}`)
    }
  }
}

function expired(): Failure {
  return new Failure('The code ran out before it was entered.', { fix: 'Run the same command again for a new one.' })
}

function form(url: string, fields: Readonly<Record<string, string>>): HttpQuestion {
  return {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
    timeout: TIMEOUT,
  }
}

function fieldsOf(json: JsonValue | undefined): Readonly<Record<string, JsonValue>> {
  return json !== null && typeof json === 'object' && !Array.isArray(json) ? json : {}
}

function positive(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' && value > 0 ? value : fallback
}

function explanation(answer: HttpAnswer, fields: Readonly<Record<string, JsonValue>>): string {
  const said = fields['error_description'] ?? fields['error']
  return typeof said === 'string' ? said : `HTTP status ${answer.status}`
}
