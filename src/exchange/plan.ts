import { LossList } from '../canonical/loss.ts'
import type { LossSink } from '../canonical/loss.ts'
import type { Part } from '../canonical/content.ts'
import type { EventSink } from '../canonical/event.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { CanonicalRequest, Message } from '../canonical/request.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import { scanJsonBytes } from '../lib/json.ts'
import type { Dialects } from '../protocols/dialect.ts'
import type { AnswerContext, Protocol, RepairedRequest, ReplyStream, WholeReply } from '../protocols/protocol.ts'
import type { Deployment, Endpoint, EndpointOf } from '../providers/provider.ts'
import type { ReasoningKeeper } from '../reasoning/reasoning-keeper.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import type { Exchange, PlanKind } from './exchange.ts'
import { keeperFor, keepingReasoning } from './kept-reasoning.ts'
import { replyContext } from './reply-context.ts'
import { hearingAnswer } from './session-answer.ts'
import type { HeardTurn } from './session-answer.ts'
import { applySplices } from './splices.ts'
import { stoppedAt, stoppingAt } from './stop-sequences.ts'
import { TranslatedStream, addUsage, translateWhole, usageOf } from './translate.ts'
import type { EarlierTurn } from './translate.ts'
import { noOutput } from './unasked.ts'
import { reportUnheard } from './unheard.ts'
import type { UnaskedAnswer } from './unasked.ts'

/** One request ready for one deployment, and how to read the answer. */
export interface Plan {
  readonly kind: PlanKind
  readonly deployment: Deployment
  readonly endpoint: Endpoint
  /** Nothing any more once the answer has begun. */
  body: Buffer | string
  /** What the protocol wants said in headers (`anthropic-beta`). */
  readonly headers: Readonly<Record<string, string>>
  readonly losses: LossList
  /** The answer, where the vendor need not be asked for it; then nothing is sent. */
  readonly unasked: UnaskedAnswer | null
  stream(): ReplyStream
  whole(body: Buffer): WholeReply | PausedAnswer
  decodeError(status: number, headers: Headers, body: string): GatewayError
  /** `body`: what the vendor refused. */
  repair(body: Buffer | string, error: GatewayError): RepairedRequest | null
  /** The plan that continues a paused turn; null where a pause is the client's to continue. */
  readonly resume: ((paused: CanonicalResponse, stream: boolean) => Plan) | null
}

/** The vendor paused in its own tool loop; nothing can be sent to the client yet. */
export interface PausedAnswer {
  readonly paused: CanonicalResponse
}

/**
 * How this request goes to this deployment. Bytes pass where the deployment speaks the client's protocol and edits are
 * enough; else the request is translated, into the client's own protocol if the deployment speaks it.
 * Throws GatewayError `unsupported_parameter` when the target cannot do what is asked, or strict mode forbids a loss.
 */
export function planFor(exchange: Exchange, deployment: Deployment, deps: ExchangeDependencies): Plan {
  const { endpoints } = deployment.provider
  const endpoint = endpoints.find(({ protocol }) => protocol === exchange.request.protocol) ?? endpoints[0]
  if (endpoint === undefined) {
    throw new GatewayError(
      'no_candidate',
      `Provider "${deployment.provider.id}" speaks no protocol that the gateway knows.`,
    )
  }
  return planOn(endpoint, exchange, deployment, deps)
}

function planOn<P extends ProtocolId>(
  endpoint: EndpointOf<P> & Endpoint,
  exchange: Exchange,
  deployment: Deployment,
  deps: ExchangeDependencies,
): Plan {
  const target: Target<P> = {
    endpoint,
    protocol: deps.protocols[endpoint.protocol],
    dialect: dialectOf<P>(endpoint, deployment.model),
    deployment,
  }
  const plan = passthroughPlan(target, exchange, deps) ?? translatePlan(target, exchange, deps, null)
  const { dialect } = target
  if ('unheard' in dialect) reportUnheard(plan.body, dialect, plan.losses)
  if (isStrict(exchange, deps)) refuseLosses(plan.losses, deployment)
  return plan
}

interface Target<P extends ProtocolId> {
  readonly endpoint: EndpointOf<P> & Endpoint
  readonly protocol: Protocol<P>
  readonly dialect: Dialects[P]
  readonly deployment: Deployment
}

function dialectOf<P extends ProtocolId>(endpoint: EndpointOf<P>, model: string): Dialects[P] {
  return endpoint.adapt === null ? endpoint.dialect : endpoint.adapt(model, endpoint.dialect)
}

function passthroughPlan<P extends ProtocolId>(
  target: Target<P>,
  exchange: Exchange,
  deps: ExchangeDependencies,
): Plan | null {
  const { envelope } = exchange
  const { endpoint, protocol, dialect, deployment } = target
  // A history is put in front of messages, not of bytes.
  if (
    exchange.session !== null ||
    deps.settings.plan === 'translate' ||
    envelope === null ||
    envelope.protocol !== endpoint.protocol
  )
    return null
  const edits = protocol.passthrough.edits(
    envelope,
    { model: deployment.model, capabilities: deployment.capabilities },
    dialect,
  )
  if (edits === null) return null
  const context = {
    requestedModel: envelope.model,
    includeUsage: envelope.includeUsage,
    maxEventBytes: deps.settings.maxEventBytes,
  }
  return {
    kind: 'passthrough',
    deployment,
    endpoint,
    body: applySplices(envelope.body, edits),
    headers: {},
    losses: new LossList(),
    unasked: null,
    stream: () => protocol.passthrough.stream(context),
    whole: (answer) => protocol.passthrough.whole(answer, context),
    decodeError: (status, fields, text) => protocol.upstream.decodeError(status, fields, text),
    repair: (body, error) => protocol.upstream.repair(body.toString(), error),
    resume: null,
  }
}

function translatePlan<P extends ProtocolId>(
  target: Target<P>,
  exchange: Exchange,
  deps: ExchangeDependencies,
  earlier: EarlierTurn | null,
): Plan {
  const { endpoint, protocol, dialect, deployment } = target
  const losses = new LossList()
  const sealer = deps.sealerFor(exchange.request.principal)
  const client = deps.protocols[exchange.request.protocol].client
  const keeper = keeperFor(exchange, deployment, deps)
  const asked = keeper === null ? decodeRequest(exchange, deps, losses) : restoredRequest(exchange, deps, losses)
  const request = continued(asked, earlier)
  const provider = deployment.provider.definition.type
  const { model, capabilities } = deployment
  const { body, headers, toolNames, outputTool, unsentStop } = protocol.upstream.encodeRequest(request, {
    model,
    provider,
    capabilities,
    dialect,
    losses,
  })
  const answer: AnswerContext<P> = {
    provider,
    model,
    dialect,
    toolNames,
    outputTool,
    stop: request.stop,
    maxEventBytes: deps.settings.maxEventBytes,
  }
  const context = replyContext(exchange, request, sealer, losses, deps)
  const { estimateTextTokens } = deps
  const isForeign = endpoint.protocol !== exchange.request.protocol
  // A client of the vendor's own protocol continues a pause by itself.
  const continuesPauses = isForeign && protocol.upstream.pauses ? protocol.upstream.mergeOpaque : null
  // What it asks of such a vendor is between the two.
  const asksForNothing = isForeign && request.maxOutputTokens === 0 && !protocol.upstream.takesNoOutput
  const { session } = exchange
  const { mergeOpaque } = protocol.upstream
  const turn: HeardTurn = { earlier: earlier?.parts ?? [], mergeOpaque, continuesPauses: continuesPauses !== null }
  const keep = keeper === null ? null : keepingFor(keeper, exchange.request.principal.tenant, asked)
  const hearsAll = keeper?.forgets(asked) ?? false
  const heard = (sink: EventSink): EventSink => {
    if (session !== null) return hearingAnswer(session, turn, sink)
    return keep === null ? sink : keepingReasoning(keep, { ...turn, hearsAll }, sink)
  }
  const encoder = earlier?.encoder ?? client.streamEncoder(context)
  const whole = { client, context, estimateTextTokens, earlier }
  const resume = (paused: CanonicalResponse, stream: boolean): Plan =>
    translatePlan(target, exchange, deps, {
      parts: [...(earlier?.parts ?? []), ...paused.parts],
      usage: paused.usage,
      encoder: stream ? encoder : null,
    })
  return {
    kind: 'translate',
    deployment,
    endpoint,
    body,
    headers,
    losses,
    unasked: asksForNothing ? noOutput(client, context) : null,
    stream: () =>
      new TranslatedStream({
        encoder,
        decoderFor: (sink) => protocol.upstream.streamDecoder(answer, stoppingAt(unsentStop, heard(sink))),
        estimatedInput: context.estimatedInputTokens,
        estimateTextTokens,
        continuesPauses,
        earlier,
      }),
    whole: (reply) => {
      const response = stoppedAt(unsentStop, protocol.upstream.decodeResponse(reply.toString('utf8'), answer))
      if (continuesPauses !== null && response.finish.reason === 'pause') {
        return { paused: { ...response, usage: addUsage(earlier?.usage ?? null, usageOf(response, whole)) } }
      }
      session?.answered([...turn.earlier, ...response.parts])
      keep?.([...turn.earlier, ...response.parts])
      return translateWhole(response, whole)
    },
    decodeError: (status, fields, text) => protocol.upstream.decodeError(status, fields, text),
    repair: (refused, error) => protocol.upstream.repair(refused.toString(), error),
    resume: continuesPauses === null ? null : resume,
  }
}

/** Apart from the plan: what a function there uses lives as long as all of them. */
function keepingFor(
  keeper: ReasoningKeeper,
  tenant: string,
  asked: CanonicalRequest,
): (parts: readonly Part[]) => void {
  return (parts) => keeper.keep(tenant, asked, parts)
}

/** The request with what the paused turn brought so far as its last message. */
function continued(request: CanonicalRequest, earlier: EarlierTurn | null): CanonicalRequest {
  if (earlier === null) return request
  const turn: Message = { role: 'assistant', parts: earlier.parts, name: null, ext: null }
  return { ...request, messages: [...request.messages, turn] }
}

function refuseLosses(losses: LossList, deployment: Deployment): void {
  const fields = losses.losses.map(({ field }) => field)
  const [param] = fields
  if (param === undefined) return
  throw new GatewayError(
    'unsupported_parameter',
    `Strict mode: ${deployment.key} cannot take ${fields.join(', ')}. Leave it out, or ask a model that takes it.`,
    { param },
  )
}

/** The client's request in the canonical form, behind the history of its session. Pure, so decoding again for a fallback gives the same. */
export function decodeRequest(exchange: Exchange, deps: ExchangeDependencies, losses: LossSink): CanonicalRequest {
  const { request, envelope } = exchange
  const root = envelope?.root ?? scanJsonBytes(request.body)
  const decoded = deps.protocols[request.protocol].client.decodeRequest(root, {
    sealer: deps.sealerFor(request.principal),
    headers: request.headers,
    losses,
  })
  return exchange.session?.continued(decoded) ?? decoded
}

/** The same with the reasoning that was kept, if that was looked for. */
function restoredRequest(exchange: Exchange, deps: ExchangeDependencies, losses: LossList): CanonicalRequest {
  const { restored } = exchange
  if (restored === null) return decodeRequest(exchange, deps, losses)
  for (const { field, how, why } of restored.losses.losses) {
    if (how === 'dropped') losses.drop(field, why)
    else losses.substitute(field, why)
  }
  return restored.request
}

function isStrict(exchange: Exchange, deps: ExchangeDependencies): boolean {
  return deps.settings.strict || exchange.request.headers['x-ucr-strict'] === 'true'
}
