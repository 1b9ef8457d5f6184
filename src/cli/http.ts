import { Failure, reasonOf } from './failure.ts'
import { parseJson, type JsonValue } from '../lib/json.ts'
import { fingerprintsOf, type OwnCertificate } from './own-certificate.ts'
import { pinnedConnector } from './pinned-connector.ts'

export interface HttpQuestion {
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds for the whole answer. */
  readonly timeout: number
  /** Over TLS: nobody but the gateway that has it is asked. Left out: whoever has a valid certificate for the name. */
  readonly certificate?: OwnCertificate | null
}

export interface HttpAnswer {
  readonly status: number
  readonly text: string
  /** The text as JSON; undefined when it is not. */
  readonly json: JsonValue | undefined
  /** From the first byte sent to the last received. */
  readonly milliseconds: number
}

/** More than any list of models; what is behind it is not read. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/**
 * One request of the command line's own. Redirects are not followed: a key must not go to another host.
 * Throws `Failure` when there is no answer.
 */
export async function ask(question: HttpQuestion): Promise<HttpAnswer> {
  // Most commands ask nobody: a megabyte of code that they need not load.
  const { Agent, buildConnector, request } = await import('undici')
  const { certificate = null, timeout } = question
  const connect =
    certificate === null ? { timeout } : pinnedConnector(buildConnector, await fingerprintsOf(certificate), timeout)
  const agent = new Agent({ connect, maxResponseSize: MAX_ANSWER_BYTES })
  const start = performance.now()
  try {
    const reply = await request(question.url, {
      dispatcher: agent,
      method: question.method ?? 'GET',
      headers: { accept: 'application/json', ...question.headers },
      body: question.body ?? null,
      signal: AbortSignal.timeout(question.timeout),
    })
    const text = await reply.body.text()
    return { status: reply.statusCode, text, json: jsonOrUndefined(text), milliseconds: performance.now() - start }
  } catch (error) {
    const why = isTimeout(error) ? `no answer within ${question.timeout / 1000} s` : reasonOf(error)
    throw new Failure(`${hostOf(question.url)}: ${why}`, { cause: error })
  } finally {
    await agent.destroy()
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

function jsonOrUndefined(text: string): JsonValue | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** Scheme, host and port: a URL's user, password and query may be secrets. */
function hostOf(url: string): string {
  return URL.parse(url)?.origin ?? 'the address'
}
