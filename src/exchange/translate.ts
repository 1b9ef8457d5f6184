import type { Part } from '../canonical/content.ts'
import { isContentEvent } from '../canonical/content-event.ts'
import type { Event, EventSink } from '../canonical/event.ts'
import { foldEvents } from '../canonical/fold.ts'
import type { OpaqueMerge } from '../canonical/fold.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import type { Usage } from '../canonical/usage.ts'
import type {
  ClientCodec,
  Grace,
  ReplyContext,
  ReplyStream,
  StreamDecoder,
  StreamEncoder,
  StreamOutcome,
  WholeReply,
} from '../protocols/protocol.ts'

/** What earlier calls of the same turn brought, when the vendor paused in the middle of its own tool loop. */
export interface EarlierTurn {
  readonly parts: readonly Part[]
  readonly usage: Usage | null
  /** The client's stream that goes on; null for whole answers. */
  readonly encoder: StreamEncoder | null
}

export interface TranslatedStreamOptions {
  readonly encoder: StreamEncoder
  readonly decoderFor: (sink: EventSink) => StreamDecoder
  readonly estimatedInput: number
  readonly estimateTextTokens: (characters: number) => number
  /** Set where a pause is to be continued instead of being told to the client: how opaque parts add up. */
  readonly continuesPauses: OpaqueMerge | null
  readonly earlier: EarlierTurn | null
}

/** A stream through the canonical form: the vendor's decoder feeds the client's encoder, event by event. */
export class TranslatedStream implements ReplyStream {
  readonly #options: TranslatedStreamOptions
  readonly #decoder: StreamDecoder
  /** Events of this call, kept only where a pause must be folded into the next request. */
  readonly #events: Event[] | null
  readonly #indexOffset: number
  #pending = ''
  #characters = 0
  #outcome: StreamOutcome | null = null
  #usage: Usage | null = null
  #usageReported = false
  #hasContent = false

  constructor(options: TranslatedStreamOptions) {
    this.#options = options
    this.#events = options.continuesPauses === null ? null : []
    this.#indexOffset = options.earlier?.parts.length ?? 0
    this.#decoder = options.decoderFor((event) => this.#take(event))
  }

  feed(chunk: Buffer): string {
    if (this.#outcome === null) this.#decoder.feed(chunk)
    return this.#flush()
  }

  end(): string {
    if (this.#outcome === null) this.#decoder.end()
    return this.#flush()
  }

  get outcome(): StreamOutcome | null {
    return this.#outcome
  }

  get usage(): Usage | null {
    return this.#usage
  }

  get hasContent(): boolean {
    return this.#hasContent
  }

  get grace(): Grace {
    return this.#decoder.grace
  }

  #flush(): string {
    const bytes = this.#pending
    this.#pending = ''
    return bytes
  }

  #take(event: Event): void {
    if (this.#outcome !== null) return
    this.#events?.push(event)
    this.#hasContent ||= isContentEvent(event)
    switch (event.type) {
      case 'error':
        this.#outcome = { status: 'failed', error: event.error }
        return
      case 'finish':
        if (!this.#usageReported) this.#estimateUsage()
        if (event.finish.reason === 'pause' && this.#events !== null) {
          this.#outcome = { status: 'paused', response: this.#folded(this.#events) }
          return
        }
        this.#outcome = { status: 'complete', finish: event.finish }
        return this.#encode(event)
      case 'usage':
        this.#usageReported = true
        return this.#report(addUsage(this.#options.earlier?.usage ?? null, event.usage))
      case 'start':
        this.#usage = event.usage
        // The client's message has begun already when this call continues one.
        if (this.#options.earlier === null) this.#encode(event)
        return
      case 'part-start':
        return this.#encode({ ...event, index: event.index + this.#indexOffset })
      case 'text-delta':
        this.#characters += event.text.length - 2
        return this.#encodeAt(event)
      case 'input-delta':
        this.#characters += event.json.length - 2
        return this.#encodeAt(event)
      case 'seal-delta':
      case 'citation-delta':
      case 'opaque-delta':
      case 'part-end':
        return this.#encodeAt(event)
      case 'opaque':
        return this.#encode(event)
      default:
        return event satisfies never
    }
  }

  #folded(events: readonly Event[]): CanonicalResponse {
    const response = foldEvents(events, this.#options.continuesPauses ?? undefined)
    return { ...response, usage: this.#usage }
  }

  #encodeAt(event: Event & { readonly index: number }): void {
    this.#encode(this.#indexOffset === 0 ? event : { ...event, index: event.index + this.#indexOffset })
  }

  #encode(event: Event): void {
    this.#pending += this.#options.encoder.encode(event)
  }

  #report(usage: Usage): void {
    this.#usage = usage
    this.#encode({ type: 'usage', usage })
  }

  #estimateUsage(): void {
    const { estimatedInput, estimateTextTokens, earlier } = this.#options
    const estimate = estimatedUsage(estimatedInput, estimateTextTokens(this.#characters))
    // A vendor that counted the input at the start and then said nothing more is still right about the input.
    const usage = this.#usage === null ? estimate : { ...estimate, input: this.#usage.input }
    this.#report(addUsage(earlier?.usage ?? null, usage))
  }
}

export interface TranslateWholeOptions {
  readonly client: ClientCodec
  readonly context: ReplyContext
  readonly estimateTextTokens: (characters: number) => number
  readonly earlier: EarlierTurn | null
}

/** Encodes a whole answer for the client, with counted usage where the vendor reported none. */
export function translateWhole(response: CanonicalResponse, options: TranslateWholeOptions): WholeReply {
  const { client, context, earlier } = options
  const usage = addUsage(earlier?.usage ?? null, usageOf(response, options))
  const parts = [...(earlier?.parts ?? []), ...response.parts]
  return { body: client.encodeResponse({ ...response, parts, usage }, context), usage, finish: response.finish }
}

/** The vendor's usage, or an estimate. */
export function usageOf(response: CanonicalResponse, options: TranslateWholeOptions): Usage {
  const { context, estimateTextTokens } = options
  return response.usage ?? estimatedUsage(context.estimatedInputTokens, estimateTextTokens(charactersOf(response)))
}

/** Each call of a continued turn costs its own tokens. */
export function addUsage(earlier: Usage | null, now: Usage): Usage {
  if (earlier === null) return now
  return {
    input: {
      total: earlier.input.total + now.input.total,
      cacheRead: earlier.input.cacheRead + now.input.cacheRead,
      cacheWrite: earlier.input.cacheWrite + now.input.cacheWrite,
      cacheWriteLong: earlier.input.cacheWriteLong + now.input.cacheWriteLong,
    },
    output: {
      total: earlier.output.total + now.output.total,
      reasoning: earlier.output.reasoning + now.output.reasoning,
    },
    estimated: earlier.estimated || now.estimated,
    cost: earlier.cost === null || now.cost === null ? null : earlier.cost + now.cost,
    raw: null,
  }
}

function estimatedUsage(input: number, output: number): Usage {
  return {
    input: { total: input, cacheRead: 0, cacheWrite: 0, cacheWriteLong: 0 },
    output: { total: output, reasoning: 0 },
    estimated: true,
    cost: null,
    raw: null,
  }
}

function charactersOf(response: CanonicalResponse): number {
  let characters = 0
  for (const part of response.parts) {
    if (part.kind === 'text' || part.kind === 'reasoning') characters += part.text.length - 2
    else if (part.kind === 'tool-call') characters += part.input.length
  }
  return characters
}
