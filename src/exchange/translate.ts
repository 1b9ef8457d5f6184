import type { Event, EventSink } from '../canonical/event.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import type { Usage } from '../canonical/usage.ts'
import type {
  ClientCodec,
  ReplyContext,
  ReplyStream,
  StreamDecoder,
  StreamEncoder,
  StreamOutcome,
  WholeReply,
} from '../protocols/protocol.ts'

/** A stream through the canonical form: the vendor's decoder feeds the client's encoder, event by event. */
export class TranslatedStream implements ReplyStream {
  readonly #encoder: StreamEncoder
  readonly #decoder: StreamDecoder
  readonly #estimatedInput: number
  readonly #estimateTextTokens: (characters: number) => number
  #pending = ''
  #characters = 0
  #outcome: StreamOutcome | null = null
  #usage: Usage | null = null
  #usageReported = false
  #started = false

  constructor(
    encoder: StreamEncoder,
    decoderFor: (sink: EventSink) => StreamDecoder,
    estimatedInput: number,
    estimateTextTokens: (characters: number) => number,
  ) {
    this.#encoder = encoder
    this.#estimatedInput = estimatedInput
    this.#estimateTextTokens = estimateTextTokens
    this.#decoder = decoderFor((event) => this.#take(event))
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

  get started(): boolean {
    return this.#started
  }

  #flush(): string {
    const bytes = this.#pending
    this.#pending = ''
    return bytes
  }

  #take(event: Event): void {
    if (this.#outcome !== null) return
    switch (event.type) {
      case 'error':
        this.#outcome = { status: 'failed', error: event.error }
        return
      case 'finish':
        if (!this.#usageReported) this.#estimateUsage()
        this.#outcome = { status: 'complete', finish: event.finish }
        break
      case 'usage':
        this.#usage = event.usage
        this.#usageReported = true
        break
      case 'start':
        this.#usage = event.usage
        break
      case 'part-start':
        this.#started = true
        break
      case 'text-delta':
        this.#characters += event.text.length - 2
        break
      case 'input-delta':
        this.#characters += event.json.length - 2
        break
      case 'seal-delta':
      case 'citation-delta':
      case 'opaque-delta':
      case 'part-end':
      case 'opaque':
        break
      default:
        event satisfies never
    }
    this.#pending += this.#encoder.encode(event)
  }

  #estimateUsage(): void {
    const estimate = estimatedUsage(this.#estimatedInput, this.#estimateTextTokens(this.#characters))
    // A vendor that counted the input at the start and then said nothing more is still right about the input.
    const usage = this.#usage === null ? estimate : { ...estimate, input: this.#usage.input }
    this.#usage = usage
    this.#pending += this.#encoder.encode({ type: 'usage', usage })
  }
}

/** Encodes a whole answer for the client, with counted usage where the vendor reported none. */
export function translateWhole(
  response: CanonicalResponse,
  client: ClientCodec,
  context: ReplyContext,
  estimateTextTokens: (characters: number) => number,
): WholeReply {
  const usage =
    response.usage ?? estimatedUsage(context.estimatedInputTokens, estimateTextTokens(charactersOf(response)))
  return { body: client.encodeResponse({ ...response, usage }, context), usage, finish: response.finish }
}

function estimatedUsage(input: number, output: number): Usage {
  return {
    input: { total: input, cacheRead: 0, cacheWrite: 0, cacheWriteLong: 0 },
    output: { total: output, reasoning: 0 },
    estimated: true,
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
