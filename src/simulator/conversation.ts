import type { JsonValue } from '../lib/json.ts'

/** What a request says, in words that both vendors share. */
export interface Conversation {
  /** User and assistant in turn: neighbours of one side are one turn, system messages are left out. */
  readonly turns: readonly Turn[]
  /** The tools that the client executes and the model may call. */
  readonly tools: readonly OfferedTool[]
  readonly toolChoice: 'auto' | 'none' | 'any' | { readonly name: string }
  /** False forbids several calls in one answer. */
  readonly parallel: boolean
  /** The schema that the answer must follow, null when it is free text. */
  readonly schema: JsonValue | null
  readonly maxTokens: number | null
  readonly stopSequences: readonly string[]
  /** False: thinking comes signed but empty. */
  readonly showsThinking: boolean
  /** How many answers are wanted (`n`). */
  readonly choices: number
  readonly includeUsage: boolean
  /** Tokens of prompt, tools and history. */
  readonly inputTokens: number
}

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly texts: readonly string[]
  /** What the user's side brings from the tools. */
  readonly results: readonly ToolResult[]
  /** Which tools the assistant called: names by call id. */
  readonly calls: ReadonlyMap<string, string>
}

export interface ToolResult {
  readonly id: string
  /** Of the tool that was called. */
  readonly name: string
  readonly text: string
  readonly isError: boolean
}

export interface OfferedTool {
  readonly name: string
  /** JSON Schema of the arguments. */
  readonly schema: JsonValue
  /** Takes free text instead of arguments (OpenAI's custom tools). */
  readonly custom: boolean
}

interface OpenTurn {
  readonly role: 'user' | 'assistant'
  readonly texts: string[]
  readonly results: ToolResult[]
  readonly calls: Map<string, string>
}

/** Collects turns message by message. */
export class TurnList {
  readonly #turns: OpenTurn[] = []

  get turns(): readonly Turn[] {
    return this.#turns
  }

  addText(role: 'user' | 'assistant', text: string): void {
    this.#turn(role).texts.push(text)
  }

  addCall(id: string, name: string): void {
    this.#turn('assistant').calls.set(id, name)
  }

  addResult(id: string, text: string, isError: boolean): void {
    const called = this.#turns.findLast((turn) => turn.calls.has(id))
    this.#turn('user').results.push({ id, name: called?.calls.get(id) ?? id, text, isError })
  }

  #turn(role: 'user' | 'assistant'): OpenTurn {
    const last = this.#turns.at(-1)
    if (last?.role === role) return last
    const turn: OpenTurn = { role, texts: [], results: [], calls: new Map() }
    this.#turns.push(turn)
    return turn
  }
}
