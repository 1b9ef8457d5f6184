import type { StoredAnswer } from '../cache/response-cache.ts'
import { LossList } from '../canonical/loss.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { Finish } from '../canonical/response.ts'
import type { Usage } from '../canonical/usage.ts'
import type { GatewayError } from '../lib/error.ts'
import type { CacheShare, ExchangeRecord, ExchangeStatus } from '../observe/observer.ts'
import type { Envelope } from '../protocols/protocol.ts'
import type { Deployment } from '../providers/provider.ts'
import type { RouteDecision } from '../routing/route.ts'
import type { SessionVisit } from '../sessions/session-visit.ts'
import type { ClientReply, ClientRequest } from './client.ts'

/** `passthrough`: the client's bytes with edits. `translate`: through the canonical form. */
export type PlanKind = 'passthrough' | 'translate'

/** A request as its client sent it, and with the reasoning that was kept for it. */
export interface RestoredRequest {
  readonly request: CanonicalRequest
  /** What its client asked for that cannot be said. */
  readonly losses: LossList
}

const NO_BYTES = Buffer.alloc(0)

/** One client request and its reply: what was decided and what happened, filled in as it goes. */
export class Exchange {
  readonly request: ClientRequest
  readonly reply: ClientReply
  /** Monotonic milliseconds. */
  readonly startedAt: number
  /** Bytes of the body as it came. */
  readonly requestBytes: number
  envelope: Envelope | null = null
  decision: RouteDecision | null = null
  deployment: Deployment | null = null
  plan: PlanKind | null = null
  /** The session that the request is part of. */
  session: SessionVisit | null = null
  /** The request with reasoning that its client did not bring back, for vendors of other protocols. */
  restored: RestoredRequest | null = null
  /** Tries at vendors for this exchange's own sake: none where a kept answer or another exchange's call was enough. */
  attempts = 0
  losses = new LossList()
  usage: Usage | null = null
  /** How a whole answer ended, where the vendor said it. */
  finish: Finish | null = null
  /** What the cache had to do with it; null where it had nothing to do with it. */
  cache: CacheShare | null = null
  /** The name of its answer there. */
  cacheKey: string | null = null
  /** What it was answered with, instead of by a vendor. */
  replayed: { readonly answer: StoredAnswer; readonly stream: boolean } | null = null
  httpStatus = 0
  replyBytes = 0
  firstByteAt: number | null = null
  /** When the first content of a stream went out. */
  firstTokenAt: number | null = null
  /** When nothing kept it waiting any more that is not the gateway's own work. */
  readyAt: number
  /** When a vendor was first asked. */
  askedAt: number | null = null
  /** The client left before its answer was complete. */
  aborted = false
  readonly #onAbort: (() => void)[] = []
  /** What is left of the envelope. */
  #asked: Pick<Envelope, 'model' | 'stream'> | null = null

  constructor(request: ClientRequest, reply: ClientReply, now: number) {
    this.request = request
    this.reply = reply
    this.requestBytes = request.body.length
    this.startedAt = now
    this.readyAt = now
    reply.onAbort(() => {
      this.aborted = true
      for (const callback of this.#onAbort.splice(0)) callback()
    })
  }

  /**
   * Its answer has begun, and nobody else can give another: a long request is not held for as long as a long answer. Where
   * the same vendor may have to be asked to go on, what was read of it stays.
   */
  letGoOfRequest(goesOn = false): void {
    this.request.body = NO_BYTES
    const { envelope } = this
    if (envelope === null) return
    if (goesOn) {
      this.envelope = { ...envelope, body: NO_BYTES }
      return
    }
    this.#asked = { model: envelope.model, stream: envelope.stream }
    this.envelope = null
    this.restored = null
  }

  /** Runs `callback` when the client leaves; at once when it already has. */
  onAbort(callback: () => void): void {
    if (this.aborted) callback()
    else this.#onAbort.push(callback)
  }

  record(status: ExchangeStatus, error: GatewayError | null, now: number): ExchangeRecord {
    const { request, deployment, replayed } = this
    const asked = this.envelope ?? this.#asked
    return {
      requestId: request.id,
      protocol: request.protocol,
      operation: request.operation,
      keyName: request.principal.keyName,
      requestedModel: asked?.model ?? replayed?.answer.requestedModel ?? null,
      provider: deployment?.provider.id ?? null,
      model: deployment?.model ?? null,
      plan: this.plan,
      reason: this.decision?.reason ?? replayed?.answer.reason ?? null,
      attempts: this.attempts,
      stream: asked?.stream ?? replayed?.stream ?? false,
      httpStatus: this.httpStatus,
      status,
      errorCode: error?.code ?? null,
      losses: replayed?.answer.losses ?? this.losses.losses,
      usage: this.usage,
      cache: this.cache,
      billed: this.attempts > 0,
      duration: now - this.startedAt,
      timeToFirstByte: this.firstByteAt === null ? null : this.firstByteAt - this.startedAt,
      timeToFirstToken: this.firstTokenAt === null ? null : this.firstTokenAt - this.startedAt,
      preparation: this.askedAt === null ? null : this.askedAt - this.readyAt,
      requestBytes: this.requestBytes,
      replyBytes: this.replyBytes,
    }
  }
}
