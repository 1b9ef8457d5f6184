import type { Part, ToolCallPart, ToolResultPart } from '../../canonical/content.ts'
import type { LossSink } from '../../canonical/loss.ts'
import type { Message } from '../../canonical/request.ts'
import { stringToJson } from '../../lib/json.ts'
import { stableId } from '../../lib/stable-id.ts'
import { plainText } from './decode-content.ts'

const NO_RESULT = plainText(stringToJson('No result was recorded for this tool call.'))
const STRAY_RESULT = 'Result of a tool call that is no longer part of this conversation:'

/** One call with the id under which it goes upstream, and its result once that was found. */
interface Call {
  readonly id: string
  /** Where it was made. */
  readonly turn: Turn
  result: ToolResultPart | null
}

/** Calls that the client knows by one id, oldest first. */
interface Namesakes {
  readonly calls: Call[]
  /** So many of them, the oldest, have their result. */
  answered: number
}

/** What becomes one message: for users, results of the turn before go first. */
interface Turn {
  readonly role: Message['role']
  readonly parts: Part[]
  readonly calls: Call[]
}

/**
 * A conversation as the Messages API wants it: no two turns of one role in a row, and every assistant turn with tool
 * calls followed by a user turn that begins with exactly their results, in the order of the calls. A call without a result
 * gets one that says so; a result without a call becomes text; of two results for one call the first wins.
 */
export function pairTools(messages: readonly Message[], losses: LossSink): readonly Message[] {
  const turns = new TurnBuilder(losses)
  for (const message of messages) turns.add(message)
  return turns.messages()
}

class TurnBuilder {
  readonly #losses: LossSink
  readonly #turns: Turn[] = []
  /** By the id that the client knows: vendors exist that count from zero in each turn. */
  readonly #calls = new Map<string, Namesakes>()

  constructor(losses: LossSink) {
    this.#losses = losses
  }

  add(message: Message): void {
    for (const part of message.parts) {
      if (part.kind === 'tool-call') this.#addCall(part)
      else if (part.kind === 'tool-result') this.#addResult(part)
      else this.#turn(message.role).parts.push(part)
    }
  }

  messages(): readonly Message[] {
    const messages: Message[] = []
    for (const [index, { role, parts, calls }] of this.#turns.entries()) {
      const results = this.#resultsBefore(index)
      messages.push(plainMessage(role, role === 'user' ? [...results, ...parts] : parts))
      if (calls.length > 0 && this.#turns[index + 1]?.role !== 'user')
        messages.push(plainMessage('user', this.#results(calls)))
    }
    return messages
  }

  #turn(role: Message['role']): Turn {
    const last = this.#turns.at(-1)
    return last?.role === role ? last : this.#startTurn(role)
  }

  #startTurn(role: Message['role']): Turn {
    const turn: Turn = { role, parts: [], calls: [] }
    this.#turns.push(turn)
    return turn
  }

  #addCall(part: ToolCallPart): void {
    const namesakes = this.#calls.get(part.id) ?? { calls: [], answered: 0 }
    this.#calls.set(part.id, namesakes)
    const earlier = namesakes.calls.length
    const id = earlier === 0 ? part.id : `toolu_${stableId(24, part.id, String(earlier))}`
    const turn = this.#turn('assistant')
    const call: Call = { id, turn, result: null }
    namesakes.calls.push(call)
    turn.parts.push({ ...part, id })
    turn.calls.push(call)
  }

  #addResult(part: ToolResultPart): void {
    const namesakes = this.#calls.get(part.callId)
    const open = namesakes?.calls[namesakes.answered]
    if (namesakes !== undefined && open !== undefined) {
      namesakes.answered++
      open.result = { ...part, callId: open.id }
      // What the assistant says next is a turn of its own.
      if (this.#turns.at(-1) === open.turn) this.#startTurn('user')
      return
    }
    if (namesakes !== undefined) {
      this.#losses.drop('messages.tool_result', 'a second result for one call')
      return
    }
    this.#losses.substitute('messages.tool_result', 'a result without its call is sent as text')
    this.#turn('user').parts.push(plainText(stringToJson(STRAY_RESULT)), ...part.content)
  }

  /** Results that belong to the start of turn `index`. */
  #resultsBefore(index: number): readonly Part[] {
    const before = this.#turns[index - 1]
    return before === undefined ? [] : this.#results(before.calls)
  }

  #results(calls: readonly Call[]): readonly Part[] {
    return calls.map(({ id, result }) => result ?? this.#missingResult(id))
  }

  #missingResult(callId: string): ToolResultPart {
    this.#losses.substitute('messages.tool_calls', 'a call without a result gets one that says so')
    return { kind: 'tool-result', callId, content: [NO_RESULT], isError: true, cache: null, ext: null }
  }
}

function plainMessage(role: Message['role'], parts: readonly Part[]): Message {
  return { role, parts, name: null, ext: null }
}
