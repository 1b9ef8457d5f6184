import { foldChatStream } from '../support/fold-wire.ts'
import type { ReceivedEvent } from '../support/read-sse.ts'
import type { Json } from './harness.ts'

export interface ReadChat {
  /** The completion that the stream stands for. */
  readonly completion: Json
  /** Of choice 0. */
  readonly message: Json
  readonly finishReason: unknown
  /** Of the last chunk, where it was asked for. */
  readonly usage: unknown
  /** What the stream ended in instead of `[DONE]`; then the completion is not whole. */
  readonly error: Json | null
  readonly chunks: readonly Json[]
}

/** Reads a Chat stream by the rules that both majors of the SDK insist on, and throws where one of them would fail. */
export function readChatStream(events: readonly ReceivedEvent[]): ReadChat {
  const reader = new ChatReader()
  const spoken = events.filter(({ data }) => data !== '')
  for (const event of spoken) reader.take(event)
  reader.end()
  const completion = foldChatStream(spoken.filter(({ data }) => data.includes('"choices"')))
  const [choice] = completion['choices'] as Json[]
  return {
    completion,
    message: (choice?.['message'] ?? {}) as Json,
    finishReason: choice?.['finish_reason'],
    usage: completion['usage'],
    error: reader.error,
    chunks: reader.chunks,
  }
}

/** Members that every chunk repeats. */
const CONSTANT = ['id', 'object', 'created', 'model', 'system_fingerprint'] as const

class ChatReader {
  readonly chunks: Json[] = []
  error: Json | null = null
  #head: readonly unknown[] | null = null
  #calls = 0
  #finished = false
  #sawUsage = false
  #done = false

  take({ event, data }: ReceivedEvent): void {
    demand(event === '', `an event named ${event}`)
    demand(!this.#done && this.error === null, `${data} behind the end`)
    if (data === '[DONE]') {
      demand(this.#finished, '[DONE] without a finish_reason')
      this.#done = true
      return
    }
    const body = JSON.parse(data) as Json
    if (body['error'] === undefined) this.#chunk(body)
    else this.error = body['error'] as Json
  }

  end(): void {
    demand(this.#done || this.error !== null, 'the stream has neither [DONE] nor an error')
  }

  #chunk(body: Json): void {
    this.chunks.push(body)
    const head = CONSTANT.map((name) => body[name])
    this.#head ??= head
    demand(
      JSON.stringify(head) === JSON.stringify(this.#head),
      `${JSON.stringify(head)} where ${JSON.stringify(this.#head)} began`,
    )
    demand(!this.#sawUsage, 'a chunk behind the usage')
    const { choices, usage } = body
    demand(Array.isArray(choices), 'a chunk without choices')
    if (typeof usage === 'object' && usage !== null) {
      demand(choices.length === 0 && this.#finished, 'usage before the end')
      this.#sawUsage = true
    }
    for (const choice of choices as Json[]) this.#choice(choice)
  }

  #choice({ index, delta, finish_reason: reason }: Json): void {
    demand(index === 0, `a choice ${String(index)}`)
    demand(typeof delta === 'object' && delta !== null, 'a choice without delta')
    demand(!this.#finished, 'a choice behind the finish_reason')
    demand('role' in delta === (this.chunks.length === 1), 'role belongs into the first delta, and nowhere else')
    for (const fragment of ((delta as Json)['tool_calls'] ?? []) as Json[]) this.#call(fragment)
    if (typeof reason === 'string') this.#finished = true
  }

  #call({ index, id, type, function: fn }: Json): void {
    const { name, arguments: args } = fn as Json
    demand(typeof args === 'string', 'a fragment whose arguments are no string')
    if (index === this.#calls) {
      demand(
        typeof id === 'string' && type === 'function' && typeof name === 'string',
        'a first fragment that is not whole',
      )
      this.#calls++
      return
    }
    demand(index === this.#calls - 1, `a fragment of call ${String(index)} while ${this.#calls - 1} is open`)
    demand(id === undefined && type === undefined && name === undefined, 'a later fragment that repeats who it is')
  }
}

function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(`Chat stream: ${otherwise}`)
}
