import type { ModelCapabilities } from '../canonical/capabilities.ts'
import type { Seal } from '../canonical/content.ts'
import type { EventSink, Event } from '../canonical/event.ts'
import type { OpaqueMerge } from '../canonical/fold.ts'
import type { Ext } from '../canonical/ext.ts'
import type { Loss, LossSink } from '../canonical/loss.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { CanonicalResponse, Finish } from '../canonical/response.ts'
import type { Usage } from '../canonical/usage.ts'
import type { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import type { JsonNode } from '../lib/json.ts'
import type { Dialects } from './dialect.ts'
import type { JsonSchema, RouteDescription } from './route-description.ts'

/**
 * A wire protocol: everything the gateway knows about it, behind one interface. Codecs are pure: no I/O, no clock, no
 * randomness, no logger. What varies comes in as an argument.
 */
export interface Protocol<Id extends ProtocolId = ProtocolId> {
  readonly id: Id
  /** For people: "Anthropic Messages". */
  readonly name: string
  /** Paths this protocol owns on the gateway. */
  readonly routes: readonly ProtocolRoute[]
  /** The form of its errors, for the documentation. */
  readonly describeError: () => Promise<JsonSchema>
  /**
   * True when a request on a path that several protocols own (`/v1/models`) is surely this one's, told by its headers.
   * The protocol listed last gets the rest.
   */
  claims(headers: Headers): boolean
  /** What routing needs to know of a request, without decoding it. Throws GatewayError (`invalid_json`, `invalid_request`). */
  peek(body: Buffer, target: RequestTarget, options: PeekOptions): Envelope
  readonly passthrough: Passthrough
  readonly client: ClientCodec
  readonly upstream: UpstreamCodec<Id>
}

export type Operation = 'generate' | 'count-tokens' | 'list-models' | 'get-model' | 'hello'

export interface ProtocolRoute {
  readonly method: 'GET' | 'HEAD' | 'POST'
  /** `/v1/models/{id}`: a name in braces takes one segment, a trailing `{id...}` takes the rest of the path. */
  readonly path: string
  readonly operation: Operation
  /** Answered without a key. Everything else needs one where keys are configured. */
  readonly public: boolean
  /** For the documentation. Loaded when somebody reads that. */
  readonly describe?: () => Promise<RouteDescription>
}

export interface RequestTarget {
  readonly operation: Operation
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: Headers
}

export interface PeekOptions {
  readonly maxDepth: number
}

/** What a request says about itself, read from its bytes. */
export interface Envelope {
  readonly protocol: ProtocolId
  readonly target: RequestTarget
  /** The client's bytes, decompressed. */
  readonly body: Buffer
  /** The body as it was scanned, once for all who read it: `start` and `end` are byte offsets into `body`. */
  readonly root: JsonNode
  readonly model: string
  readonly stream: boolean
  /** As in CanonicalRequest. */
  readonly includeUsage: boolean
  readonly traits: RequestTraits
}

/** Signals that task routing and the capability filter act on. */
export interface RequestTraits {
  readonly thinking: boolean
  readonly images: boolean
  readonly documents: boolean
  readonly tools: boolean
  /** A web search tool that the vendor is to execute. */
  readonly webSearch: boolean
  /** Bytes of text in prompt, tools and history, media data left out: what a token estimate starts from. */
  readonly textBytes: number
  /** Images and documents, counted. */
  readonly media: number
  readonly messages: number
  readonly maxOutputTokens: number | null
  /**
   * Same for all requests of one conversation: the client's own session id where it gives one, else a hash of system
   * prompt and first user message. Routing keeps a conversation on one deployment by it, so that its prompt cache stays warm.
   */
  affinity(): string | null
  /** Text of the last user message, decoded; for routers that look at words. */
  lastUserText(): string
}

/** Replace `body[start, end)` by `bytes`. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly bytes: Buffer
}

export interface PassthroughTarget {
  /** The upstream's name of the model. */
  readonly model: string
  readonly capabilities: ModelCapabilities
}

export interface PassthroughContext {
  /** What the client asked for: the reply's `model` says this. */
  readonly requestedModel: string
  /** The client wants usage in its stream (`stream_options.include_usage`); if not, a frame that has nothing else is left out. */
  readonly includeUsage: boolean
  /** Largest event accepted, bytes. */
  readonly maxEventBytes: number
}

/** The byte path for client and upstream of one protocol. */
export interface Passthrough {
  /**
   * The edits with which the client's bytes suit the target, sorted and not overlapping; null when the request needs more
   * than edits (a carrier in it that the vendor must not see, a parameter the model refuses), so that it must be translated.
   */
  edits(envelope: Envelope, target: PassthroughTarget, dialect: Dialects[ProtocolId]): readonly Splice[] | null
  /** Names of client header fields that the vendor gets as they are; a trailing `*` takes all with that prefix. Never credentials. */
  readonly requestHeaders: readonly string[]
  stream(context: PassthroughContext): ReplyStream
  /** Reads a whole answer and gives the bytes for the client. Throws GatewayError `upstream_invalid_response`. */
  whole(body: Buffer, context: PassthroughContext): WholeReply
}

/**
 * A streamed reply on its way: upstream bytes in, client bytes out. Both plans implement it, so the relay knows only this.
 * Nothing throws: a failure becomes `outcome`, and the bytes returned never hold half an event.
 */
export interface ReplyStream {
  /**
   * What the client gets for this chunk: whole events only, perhaps none (empty). It may be a view of the chunk, whose
   * memory is the caller's: a stream copies what it keeps for later calls.
   */
  feed(chunk: Buffer): Buffer | string
  /** The upstream ended. What is still owed to the client. */
  end(): Buffer | string
  /** Complete, failed, or null while under way. After `end()` never null: an answer without its terminal event has failed. */
  readonly outcome: StreamOutcome | null
  /** The latest usage seen, or null. */
  readonly usage: Usage | null
  readonly grace: Grace
  /** True once something to read was returned, and not only a preamble: as `isContentEvent` has it. */
  readonly hasContent: boolean
}

/**
 * Milliseconds for which more may still come, once the vendor has said how its answer ends: nothing but usage can. Null
 * before that. Not every vendor closes the connection, so whoever reads waits no longer and calls `end()`.
 */
export type Grace = number | null

export type StreamOutcome =
  | { readonly status: 'complete'; readonly finish: Finish }
  /** The vendor's own tool loop paused, and the client's protocol cannot say so: the turn is to be continued upstream. */
  | { readonly status: 'paused'; readonly response: CanonicalResponse }
  /** `upstream_truncated`, `upstream_failed`... The bytes for the client do not contain the error: whoever relays renders it. */
  | { readonly status: 'failed'; readonly error: GatewayError }

export interface WholeReply {
  readonly body: Buffer | string
  readonly usage: Usage | null
  readonly finish: Finish | null
}

/** Opens and closes carriers: our own envelope around another vendor's seal, with a MAC bound to the tenant. */
export interface Sealer {
  /** A token `ucr1.<kid>.<payload>.<mac>` that any client can carry. */
  close(seal: Seal, ordinal: number): string
  /**
   * The seal in a carrier. `foreign`: not a carrier at all, so the value is the vendor's own. `invalid`: forged, cut, of
   * another tenant or another version; it must be dropped.
   */
  open(value: string): { readonly seal: Seal } | 'foreign' | 'invalid'
}

export interface DecodeContext {
  readonly sealer: Sealer
  readonly headers: Headers
  readonly losses: LossSink
}

/** What a reply needs to know of its exchange. */
export interface ReplyContext {
  /** Unique, `[A-Za-z0-9]`, without prefix: `msg_<id>`, `chatcmpl-<id>`. */
  readonly id: string
  /** What the client asked for. */
  readonly model: string
  /** Unix seconds. */
  readonly created: number
  readonly includeUsage: boolean
  /** Input tokens counted by the gateway, for protocols that announce them before the vendor does. */
  readonly estimatedInputTokens: number
  /** What the request's own protocol noted about it: the answer may have to match (Chat's legacy `functions`). */
  readonly requestExt: Ext | null
  /** The session that the reply is part of, for protocols that have a field to say so. */
  readonly sessionId?: string
  readonly sealer: Sealer
  readonly losses: LossSink
}

export interface ErrorContext {
  readonly requestId: string
}

export interface EncodedError {
  readonly status: number
  /** Besides content-type: `retry-after`, `x-should-retry`. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The half that faces clients. */
export interface ClientCodec {
  /** Of a body that `peek` took. Throws GatewayError `invalid_request` with `param`, `invalid_json` for duplicate names. */
  decodeRequest(root: JsonNode, context: DecodeContext): CanonicalRequest
  encodeResponse(response: CanonicalResponse, context: ReplyContext): string
  streamEncoder(context: ReplyContext): StreamEncoder
  encodeError(error: GatewayError, context: ErrorContext): EncodedError
  /** The event that ends a failed stream. */
  encodeStreamError(error: GatewayError, context: ErrorContext): string
  /** Sent while the upstream is silent and alive; legal at any event boundary. */
  readonly ping: string
  /** Null: the protocol has no such operation. */
  readonly encodeTokenCount: ((inputTokens: number) => string) | null
  encodeModelList(models: readonly ListedModel[], query: string): string
  encodeModel(model: ListedModel): string
}

export interface StreamEncoder {
  /** Bytes for this event; often empty, sometimes several wire events. Never called after `finish` or `error`. */
  encode(event: Event): string
}

/** A model as the gateway lists it. */
export interface ListedModel {
  readonly id: string
  readonly displayName: string
  /** Who serves it: the provider's configured id. */
  readonly ownedBy: string
  /** Unix seconds. */
  readonly created: number
  readonly contextWindow: number | null
  readonly maxOutputTokens: number | null
  readonly capabilities: ModelCapabilities | null
}

export interface UpstreamRequestContext<Id extends ProtocolId> {
  /** The upstream's name of the model. */
  readonly model: string
  /** Provider type, which decides whose seals may go there. */
  readonly provider: string
  readonly capabilities: ModelCapabilities
  readonly dialect: Dialects[Id]
  readonly losses: LossSink
}

export interface EncodedRequest {
  readonly body: string
  /** Names the upstream sees to the client's own, for those that had to change. */
  readonly toolNames: ReadonlyMap<string, string>
  /** A tool by this name was added to force JSON output: its input is the answer's text. */
  readonly outputTool: string | null
  /** Stop sequences that the vendor does not take and was not sent: the gateway ends the answer there. */
  readonly unsentStop: readonly string[]
  /** Protocol headers that the body asks for (`anthropic-beta`). */
  readonly headers: Readonly<Record<string, string>>
}

/** What decoding an answer needs to know of the request that was sent. */
export interface AnswerContext<Id extends ProtocolId> {
  readonly provider: string
  /** The upstream's name of the model. */
  readonly model: string
  readonly dialect: Dialects[Id]
  readonly toolNames: ReadonlyMap<string, string>
  readonly outputTool: string | null
  /** Stop sequences of the request, to tell which one matched. */
  readonly stop: readonly string[]
  readonly maxEventBytes: number
}

/** The half that faces vendors. */
export interface UpstreamCodec<Id extends ProtocolId> {
  encodeRequest(request: CanonicalRequest, context: UpstreamRequestContext<Id>): EncodedRequest
  /** Throws GatewayError `upstream_invalid_response`, or the error that a 200 body holds. */
  decodeResponse(body: string, context: AnswerContext<Id>): CanonicalResponse
  streamDecoder(context: AnswerContext<Id>, sink: EventSink): StreamDecoder
  /** Adds the deltas of an opaque part to it, for `ResponseFold`. */
  readonly mergeOpaque: OpaqueMerge
  /** Any status of 400 and above. The message is safe for clients: no keys, URLs, account ids, HTML. */
  decodeError(status: number, headers: Headers, body: string): GatewayError
  /**
   * A second form of a request that the vendor refused for something the gateway can repair (thinking blocks bound to
   * another prefix), or null. Tried once, and reported.
   */
  repair(body: string, error: GatewayError): RepairedRequest | null
  /** Its vendors may stop in the middle of a loop of their own tools, and want to be asked to go on. */
  readonly pauses: boolean
  /** A request for no output (`max_tokens: 0`) has a meaning: the vendor only warms its prompt cache. Elsewhere it is a 400. */
  readonly takesNoOutput: boolean
  /** Reads the vendor's count of input tokens; null: the protocol has no such operation. */
  readonly decodeTokenCount: ((body: string) => number) | null
  /** Reads the vendor's model list. */
  decodeModelList(body: string): readonly UpstreamModel[]
}

export interface UpstreamModel {
  readonly id: string
  readonly displayName: string | null
  readonly contextWindow: number | null
  readonly maxOutputTokens: number | null
  readonly created: number | null
}

export interface RepairedRequest {
  readonly body: string
  /** To merge with those of the first try; `anthropic-beta` values are joined. */
  readonly headers: Readonly<Record<string, string>>
  readonly loss: Loss
}

/** Turns bytes into events, however they are cut. Never throws: failures are `error` events. */
export interface StreamDecoder {
  feed(chunk: Buffer): void
  /** The upstream closed. Emits `finish` or `error` if neither was yet. */
  end(): void
  readonly grace: Grace
}
