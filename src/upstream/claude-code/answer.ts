import type { Spending } from './spending.ts'
import { withSpending } from './spending.ts'
import type { JsonObject } from './values.ts'
import { asNumber, asObject, asText, objectsIn } from './values.ts'

/** How the model ended one of its messages. */
export interface MessageEnd {
  /** Null where the message broke off. */
  readonly stopReason: string | null
  /** Ids of the client's tools that it called. */
  readonly calls: readonly string[]
}

/**
 * What a client sees of a turn: one message of the model, or several that the program's own tools made necessary, joined
 * as one. Calls of the program's own tools are the program's affair and are left out.
 */
export class Answer {
  readonly #isClients: (tool: string) => boolean
  readonly #emit: (event: JsonObject) => void
  /** Of the message that is being said: where its blocks stand in the whole. */
  readonly #places = new Map<number, number>()
  #blocks = 0
  #start: JsonObject | null = null
  #delta: JsonObject | null = null
  #calls: string[] = []
  #usage: JsonObject = {}
  #earlierUsage: JsonObject | null = null
  #content: JsonObject[] = []

  /** `isClients` tells the client's tools, `emit` gets the events of Anthropic's protocol. */
  constructor(isClients: (tool: string) => boolean, emit: (event: JsonObject) => void) {
    this.#isClients = isClients
    this.#emit = emit
  }

  get begun(): boolean {
    return this.#start !== null
  }

  /** An event of the model's own stream. Returns how a message ended at its `message_stop`, else null. */
  event(event: JsonObject): MessageEnd | null {
    switch (event['type']) {
      case 'message_start':
        this.#begin(event)
        return null
      case 'content_block_start':
        this.#beginBlock(event)
        return null
      case 'message_delta':
        this.#delta = event
        this.#usage = { ...this.#usage, ...asObject(event['usage']) }
        return null
      case 'message_stop':
        return this.#endMessage()
      default:
        this.#pass(event)
        return null
    }
  }

  /** Blocks as the program gives them once they are complete. */
  complete(content: readonly JsonObject[]): void {
    this.#content.push(...content.filter((block) => !this.#isOwnCall(block)))
  }

  /** Says the last events. `spent`: on this answer; null where the program has not said it. */
  finish(stopReason: string, spent: Spending | null): void {
    const usage = this.#finalUsage(spent)
    const delta = { ...asObject(this.#delta?.['delta']), stop_reason: stopReason }
    this.#emit({ ...this.#delta, type: 'message_delta', delta, usage })
    this.#emit({ type: 'message_stop' })
  }

  get content(): readonly JsonObject[] {
    return this.#content
  }

  /** The answer as one message. */
  message(stopReason: string, spent: Spending | null): JsonObject {
    const delta = { ...asObject(this.#delta?.['delta']), stop_reason: stopReason }
    const usage = { ...this.#usageOfStart(), ...this.#finalUsage(spent) }
    return { ...asObject(this.#start?.['message']), content: [...this.#content], ...delta, usage }
  }

  #begin(event: JsonObject): void {
    const usage = asObject(asObject(event['message'])?.['usage']) ?? {}
    this.#usage = usage
    this.#places.clear()
    this.#calls = []
    this.#delta = null
    if (this.#start !== null) return
    this.#start = event
    this.#emit(event)
  }

  #beginBlock(event: JsonObject): void {
    const block = asObject(event['content_block']) ?? {}
    if (this.#isOwnCall(block)) return
    if (block['type'] === 'tool_use') this.#calls.push(asText(block['id']) ?? '')
    this.#places.set(asNumber(event['index']) ?? 0, this.#blocks++)
    this.#pass(event)
  }

  #isOwnCall(block: JsonObject): boolean {
    return block['type'] === 'tool_use' && !this.#isClients(asText(block['name']) ?? '')
  }

  #pass(event: JsonObject): void {
    const index = asNumber(event['index'])
    if (index === null) {
      this.#emit(event)
      return
    }
    const place = this.#places.get(index)
    if (place !== undefined) this.#emit(place === index ? event : { ...event, index: place })
  }

  #endMessage(): MessageEnd {
    const stopReason = asText(asObject(this.#delta?.['delta'])?.['stop_reason'])
    return { stopReason, calls: this.#calls }
  }

  /** The model goes on after the program's own tools: what it has used so far counts in. */
  join(): void {
    this.#earlierUsage = this.#earlierUsage === null ? this.#usage : sum(this.#earlierUsage, this.#usage)
    this.#usage = {}
  }

  #usageOfStart(): JsonObject {
    return asObject(asObject(this.#start?.['message'])?.['usage']) ?? {}
  }

  /** As the vendor said it for one message; all that it says together for several. */
  #finalUsage(spent: Spending | null): JsonObject {
    const said = asObject(this.#delta?.['usage']) ?? {}
    const all = this.#earlierUsage === null ? this.#usage : sum(this.#earlierUsage, this.#usage)
    const usage = this.#earlierUsage === null ? said : all
    return spent === null ? usage : withSpending(usage, all, spent)
  }
}

/** Blocks in an `assistant` line of the program. */
export function blocksIn(line: JsonObject): readonly JsonObject[] {
  return objectsIn(asObject(line['message'])?.['content'])
}

function sum(one: JsonObject, other: JsonObject): JsonObject {
  const total: JsonObject = { ...one }
  for (const [name, value] of Object.entries(other)) {
    const before = total[name]
    const inner = asObject(value)
    const innerBefore = asObject(before)
    if (typeof value === 'number' && typeof before === 'number') total[name] = before + value
    else if (inner !== null && innerBefore !== null) total[name] = sum(innerBefore, inner)
    else total[name] = value
  }
  return total
}
