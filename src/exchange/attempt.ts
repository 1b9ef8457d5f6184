import type { CanonicalResponse } from '../canonical/response.ts'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import { JsonScanError, scanJson } from '../lib/json.ts'
import type { Grace, RepairedRequest, ReplyStream } from '../protocols/protocol.ts'
import type { Provider } from '../providers/provider.ts'
import type { Observer } from '../observe/observer.ts'
import type { TransportFailure, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../upstream/transport.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Discretion } from './discretion.ts'
import type { Exchange } from './exchange.ts'
import type { Plan } from './plan.ts'
import type { StreamRelay } from './relay.ts'
import { confidentialRequest, isImpatient } from './upstream-request.ts'
import type { ConfidentialRequest } from './upstream-request.ts'
import { sendWhole } from './whole.ts'

/** Error bodies are read to this length; a vendor that sends more has nothing more to say. */
const MAX_ERROR_BYTES = 64 * 1024

/** Milliseconds for a connection whose answer is complete to become free. */
const LINGER = 250

/** How one try ended. `failed` with `sent: false` may be followed by another try: the client has seen nothing of it. */
export type AttemptResult =
  | { readonly kind: 'complete' }
  | { readonly kind: 'client-closed' }
  /** The vendor paused; what came so far is the start of the same answer. */
  | { readonly kind: 'paused'; readonly response: CanonicalResponse }
  | {
      readonly kind: 'failed'
      readonly error: GatewayError
      readonly detail: string
      readonly sent: boolean
      readonly unsent: boolean
      readonly verbatim: Verbatim | null
      /** It took longer than this client wants to wait, which says nothing of the vendor. */
      readonly impatient?: boolean
    }

/** A refusal that the client is to read as the vendor wrote it: clients act on its wording. */
export interface Verbatim {
  readonly status: number
  readonly body: string
}

/** What is about the client's request. Refusals of the gateway's key or account are not the client's to read. */
const VERBATIM_STATUSES: ReadonlySet<number> = new Set([400, 413, 422])

/** Sends the plan to its deployment and relays the answer. Never rejects. */
export async function attempt(
  exchange: Exchange,
  plan: Plan,
  relay: StreamRelay | null,
  deps: ExchangeDependencies,
  repaired: RepairedRequest | null,
): Promise<AttemptResult> {
  let confidential: ConfidentialRequest
  try {
    const ready = confidentialRequest(exchange, plan, relay !== null, deps, repaired)
    confidential = ready instanceof Promise ? await ready : ready
  } catch (thrown) {
    return withoutCredential(plan.deployment.provider, thrown)
  }
  if (exchange.aborted) return { kind: 'client-closed' }
  const { request, discretion } = confidential
  exchange.askedAt ??= deps.now()
  if (deps.observer.tracer.on.upstream) traceRequest(exchange, plan, request, deps.observer)
  return new Promise((resolve) => {
    const send = (resend: (() => void) | null): void => {
      const reader = new AnswerReader(exchange, plan, relay, discretion, deps, resolve, resend)
      reader.attach(deps.transport.send(request, reader))
    }
    // A kept connection that the vendor had just closed: nothing was tried yet, so this is not a retry.
    send(() => send(null))
  })
}

function traceRequest(exchange: Exchange, plan: Plan, { origin, body }: UpstreamRequest, { tracer }: Observer): void {
  tracer.write('upstream', exchange.request.id, 'asked', {
    deployment: plan.deployment.key,
    origin,
    attempt: exchange.attempts,
    plan: plan.kind,
    bytes: body === null ? 0 : Buffer.byteLength(body),
  })
}

function withoutCredential(provider: Provider, thrown: unknown): AttemptResult {
  const error =
    thrown instanceof GatewayError
      ? thrown
      : new GatewayError('upstream_unauthorized', 'The credential is not available.', { cause: thrown })
  const detail = `credential of ${provider.id}: ${error.message}`
  return { kind: 'failed', error, detail, sent: false, unsent: true, verbatim: null }
}

/** Reads one upstream answer: an error body, a whole answer, or a stream that goes on to the relay. */
class AnswerReader implements UpstreamHandler {
  readonly #exchange: Exchange
  readonly #plan: Plan
  readonly #relay: StreamRelay | null
  readonly #discretion: Discretion
  readonly #deps: ExchangeDependencies
  readonly #resolve: (result: AttemptResult) => void
  /** Null where the request cannot be sent again; once an answer has come, it is not kept for that any more. */
  #resend: (() => void) | null
  #call: UpstreamCall | null = null
  #status = 0
  #headers: Headers = {}
  #stream: ReplyStream | null = null
  #chunks: Buffer[] = []
  #bytes = 0
  #settled = false
  #received = false
  #grace: Grace = null
  #timer: NodeJS.Timeout | undefined

  constructor(
    exchange: Exchange,
    plan: Plan,
    relay: StreamRelay | null,
    discretion: Discretion,
    deps: ExchangeDependencies,
    resolve: (result: AttemptResult) => void,
    resend: (() => void) | null,
  ) {
    this.#exchange = exchange
    this.#plan = plan
    this.#relay = relay
    this.#discretion = discretion
    this.#deps = deps
    this.#resolve = resolve
    this.#resend = resend
  }

  attach(call: UpstreamCall): void {
    this.#call = call
    this.#relay?.attach(call)
    this.#exchange.onAbort(() => this.#settle({ kind: 'client-closed' }))
  }

  head(status: number, headers: Headers): void {
    this.#status = status
    this.#headers = headers
    this.#resend = null
    if (this.#deps.observer.tracer.on.upstream) this.#trace('answers', { status })
    if (this.#relay !== null && status === 200 && isEventStream(headers)) this.#stream = this.#plan.stream()
  }

  data(chunk: Buffer): void {
    if (this.#settled) return
    this.#guard(() => {
      if (this.#stream === null) this.#collect(chunk)
      else this.#forward(this.#stream, this.#stream.feed(chunk))
      this.#awaitRest()
    })
  }

  end(): void {
    this.#over()
    this.#finish()
  }

  error(failure: TransportFailure): void {
    this.#over()
    if (this.#deps.observer.tracer.on.upstream) this.#trace('failed', { kind: failure.kind, detail: failure.detail })
    if (this.#settled) return
    if (failure.stale === true && this.#resend !== null) {
      this.#settled = true
      this.#relay?.detach()
      this.#resend()
      return
    }
    this.#guard(() => {
      if (this.#endsAnyway()) return
      const error = errorOf(failure, this.#plan.deployment.provider.id, this.#stream !== null)
      const { timeouts } = this.#plan.deployment.provider
      const hurried = isImpatient(this.#exchange.request.headers, timeouts, this.#relay !== null)
      const impatient = failure.kind === 'first-byte-timeout' && hurried
      this.#fail(error, `${failure.kind}: ${failure.detail}`, failure.unsent, { impatient })
    })
  }

  #trace(text: string, fields: Readonly<Record<string, string | number>>): void {
    const { key } = this.#plan.deployment
    this.#deps.observer.tracer.write('upstream', this.#exchange.request.id, text, { deployment: key, ...fields })
  }

  /** Nothing more comes of this call. */
  #over(): void {
    this.#received = true
    clearTimeout(this.#timer)
  }

  /** The answer ends here. */
  #finish(): void {
    if (this.#settled) return
    this.#guard(() => {
      if (this.#stream === null) this.#whole()
      else this.#forward(this.#stream, this.#stream.end())
    })
  }

  /** A connection that breaks behind the answer's last word has taken nothing from it. */
  #endsAnyway(): boolean {
    const stream = this.#stream
    if (stream === null || stream.grace === null) return false
    this.#forward(stream, stream.end())
    return this.#settled
  }

  /** A complete stream may still owe its last empty chunk; once that is read, the connection can be used again. */
  #readOn(): void {
    if (this.#received) return
    this.#call?.resume()
    this.#timer = setTimeout(() => this.#call?.abort(), LINGER)
  }

  /** The vendor has said all but its usage: it gets a moment for that. */
  #awaitRest(): void {
    const grace = this.#stream?.grace ?? null
    if (this.#settled || grace === null || grace === this.#grace) return
    this.#grace = grace
    clearTimeout(this.#timer)
    const wait = (): void => {
      // What the vendor sent waits because the client reads slowly.
      if (this.#relay?.paused === true) this.#timer = setTimeout(wait, grace)
      else this.#finish()
    }
    this.#timer = setTimeout(wait, grace)
  }

  /** A bug while reading this answer fails this exchange only. */
  #guard(step: () => void): void {
    try {
      step()
    } catch (thrown) {
      const error =
        thrown instanceof GatewayError
          ? thrown
          : new GatewayError('internal', 'The gateway failed while reading the answer.', { cause: thrown })
      if (error.code === 'internal')
        this.#deps.observer.error(this.#exchange.request.id, 'reading an upstream answer', thrown)
      this.#fail(error, error.message, false)
    }
  }

  #forward(stream: ReplyStream, bytes: Buffer | string): void {
    const relay = this.#relay
    if (relay === null) return
    this.#exchange.usage = stream.usage ?? this.#exchange.usage
    const { outcome } = stream
    if (outcome?.status === 'failed') {
      // What came before the failure in the same chunk goes out only if the client already follows this answer.
      if (relay.sent) relay.write(bytes, this.#plan, stream.hasContent)
      this.#fail(outcome.error, outcome.error.message, false)
      return
    }
    if (outcome?.status === 'complete') {
      relay.finish(bytes, this.#plan, stream.hasContent)
      this.#settle({ kind: 'complete' })
      return
    }
    relay.write(bytes, this.#plan, stream.hasContent)
    if (outcome?.status === 'paused') this.#settle({ kind: 'paused', response: outcome.response })
  }

  #collect(chunk: Buffer): void {
    const limit = this.#status === 200 ? this.#deps.settings.maxAnswerBytes : MAX_ERROR_BYTES
    this.#bytes += chunk.length
    this.#chunks.push(Buffer.from(chunk))
    if (this.#bytes <= limit) return
    if (this.#status === 200) {
      throw new GatewayError('upstream_too_large', `The upstream's answer is larger than ${limit} bytes.`)
    }
    this.#failWith(Buffer.concat(this.#chunks).subarray(0, limit))
  }

  #whole(): void {
    const [only] = this.#chunks
    const body = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks)
    if (this.#status !== 200) {
      this.#failWith(body)
      return
    }
    if (this.#relay !== null) {
      // Asked for a stream and got something else: an error in a 200, or a page of a captive portal.
      const error = this.#plan.decodeError(502, this.#headers, this.#textOf(body))
      this.#fail(error, `200 with content-type ${this.#headers['content-type'] ?? 'none'}`, false)
      return
    }
    const answer = this.#plan.whole(body)
    if ('paused' in answer) {
      this.#settle({ kind: 'paused', response: answer.paused })
      return
    }
    this.#exchange.usage = answer.usage
    sendWhole(this.#exchange, this.#plan, answer, this.#deps)
    this.#settle({ kind: 'complete' })
  }

  #failWith(body: Buffer): void {
    const text = this.#textOf(body)
    this.#deps.observer.debug(this.#exchange.request.id, 'upstream error body', {
      deployment: this.#plan.deployment.key,
      status: this.#status,
      body: text.slice(0, 2048),
    })
    if (this.#status < 400) {
      const error = new GatewayError('upstream_invalid_response', `The upstream answered with status ${this.#status}.`)
      this.#fail(error, error.message, false)
      return
    }
    const error = this.#plan.decodeError(this.#status, this.#headers, text)
    const verbatim =
      this.#plan.kind === 'passthrough' && VERBATIM_STATUSES.has(this.#status) && holdsError(text)
        ? { status: this.#status, body: text }
        : null
    this.#fail(error, `status ${this.#status}`, false, { verbatim })
  }

  /** The body of an error, which may well hold the key that is refused. */
  #textOf(body: Buffer): string {
    return this.#discretion.text(body.toString('utf8'))
  }

  #fail(
    thrown: GatewayError,
    detail: string,
    unsent: boolean,
    more: { readonly verbatim?: Verbatim | null; readonly impatient?: boolean } = {},
  ): void {
    const error = this.#discretion.error(thrown)
    const sent = this.#relay?.sent ?? false
    this.#settle({ kind: 'failed', error, detail, sent, unsent, verbatim: null, ...more })
  }

  #settle(result: AttemptResult): void {
    if (this.#settled) return
    this.#settled = true
    clearTimeout(this.#timer)
    this.#relay?.detach()
    if (result.kind === 'complete' || result.kind === 'paused') this.#readOn()
    else this.#call?.abort()
    this.#chunks = []
    this.#resolve(result)
  }
}

/** Where both protocols keep an error. Anything else under such a status is put into words that clients can read. */
function holdsError(body: string): boolean {
  try {
    const root = scanJson(body)
    return root.kind === 'object' && root.get('error')?.kind === 'object'
  } catch (thrown) {
    if (thrown instanceof JsonScanError) return false
    throw thrown
  }
}

function isEventStream(headers: Headers): boolean {
  return (headers['content-type'] ?? '').toLowerCase().startsWith('text/event-stream')
}

function errorOf(failure: TransportFailure, provider: string, streaming: boolean): GatewayError {
  switch (failure.kind) {
    case 'connect':
    case 'tls':
    case 'dns':
    case 'connect-timeout':
      return new GatewayError('upstream_unreachable', `Provider "${provider}" cannot be reached.`)
    case 'exhausted':
      return new GatewayError('overloaded', 'The gateway has no room for one more connection.', { retryAfter: 1 })
    case 'first-byte-timeout':
    case 'idle-timeout':
    case 'total-timeout':
      return new GatewayError('upstream_timeout', `Provider "${provider}" did not answer in time.`)
    case 'too-large':
      return new GatewayError('upstream_too_large', `Provider "${provider}" sent more than the gateway accepts.`)
    case 'invalid':
      return new GatewayError('upstream_invalid_response', `Provider "${provider}" sent something that is not HTTP.`)
    case 'reset':
      return streaming
        ? new GatewayError('upstream_truncated', `Provider "${provider}" broke off its answer.`)
        : new GatewayError('upstream_unreachable', `Provider "${provider}" closed the connection before it answered.`)
    default:
      return failure.kind satisfies never
  }
}
