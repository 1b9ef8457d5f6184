import { Answer, blocksIn } from './answer.ts'
import type { MessageEnd } from './answer.ts'
import { CLIENT_SERVER, ClientTools } from './client-tools.ts'
import type { ToolResult } from './client-tools.ts'
import type { Refusal } from './errors.ts'
import { refusal, refusalIn } from './errors.ts'
import type { ProgramProcess } from './program-process.ts'
import { NOTHING_SPENT, spendingInAnswer, spendingInResult, spentSince } from './spending.ts'
import type { Spending } from './spending.ts'
import type { Message, Turn } from './turn.ts'
import type { JsonObject } from './values.ts'
import { asObject, asText } from './values.ts'

/** Whoever asked for an answer. Exactly one of the last three is called, once. */
export interface Asker {
  /** The program works on it. */
  alive(): void
  event(event: JsonObject): void
  /** `message` is the whole answer. What follows may go on in the same process if `canGoOn`. */
  answered(message: JsonObject, canGoOn: boolean): void
  refused(refusal: Refusal): void
  /** The process is gone. For the operator. */
  lost(how: string): void
}

/** Name of the control request that asks what was spent. */
const SPENDING = 'spending'

/** After these the program says its `result`, or calls a tool. */
const PROPER_ENDS: ReadonlySet<string> = new Set(['end_turn', 'stop_sequence', 'tool_use'])

/**
 * One conversation in one process. It is told what was said before, asks the model, and may be left alone between two
 * requests of its client: after an answer, or in the middle of a turn that calls the client's tools.
 */
export class Conversation {
  readonly process: ProgramProcess
  readonly #tools: ClientTools
  readonly #wallClock: () => number
  #asker: Asker | null = null
  #answer: Answer
  /** By the vendor's name, where the request has a shorter one. */
  #model: string
  /** What is still to be told before the question, and the question. */
  #untold: Message[] = []
  /** Calls that the client has yet to answer. */
  #calls: readonly string[] = []
  /** The model's last message has ended properly; the program's `result` is due, or what it has spent on these calls. */
  #end: string | null = null
  #refusal: Refusal | null = null
  #spentBefore = NOTHING_SPENT

  constructor(process: ProgramProcess, turn: Turn, wallClock: () => number) {
    this.process = process
    this.#wallClock = wallClock
    this.#model = turn.model
    this.#tools = new ClientTools(turn.tools, (requestId, message) => this.#reply(requestId, { mcp_response: message }))
    this.#answer = this.#newAnswer()
    process.listen({ line: (line) => this.#hear(line), ended: (how) => this.#lost(how) })
  }

  /** Ids of the calls that wait for the client. */
  get calls(): readonly string[] {
    return this.#calls
  }

  /** The first request of this process. */
  begin({ system, history, content }: Turn, asker: Asker): void {
    this.#ask(asker)
    this.process.send({
      type: 'control_request',
      request_id: 'initialize',
      request: {
        subtype: 'initialize',
        systemPrompt: [...system],
        ...(this.#tools.size === 0
          ? {}
          : {
              sdkMcpServers: [CLIENT_SERVER],
              sdkMcpServerConfigs: { [CLIENT_SERVER]: { timeout: 86_400_000, disableAutoBackground: true } },
            }),
      },
    })
    this.#untold = [...history, { role: 'user', content }]
    this.#tell()
  }

  /** After an answer: the user says more. */
  goOn(content: readonly JsonObject[], asker: Asker): void {
    this.#ask(asker)
    this.#untold = [{ role: 'user', content }]
    this.#tell()
  }

  /** In the middle of a turn: the client has the results of all its calls. */
  resume(results: ReadonlyMap<string, ToolResult>, asker: Asker): void {
    this.#ask(asker)
    this.#calls = []
    for (const [id, result] of results) this.#tools.deliver(id, result)
  }

  #ask(asker: Asker): void {
    this.#asker = asker
    this.#answer = this.#newAnswer()
    this.#end = null
    this.#refusal = null
  }

  #newAnswer(): Answer {
    return new Answer(
      (tool) => this.#tools.has(tool),
      (event) => this.#asker?.event(event),
    )
  }

  /** Up to the next message of the user, which the program takes note of, or answers if it is the last one. */
  #tell(): void {
    for (let message = this.#untold.shift(); message !== undefined; message = this.#untold.shift()) {
      const { role, content } = message
      const line = { type: role, parent_tool_use_id: null, session_id: '' }
      if (role === 'assistant') {
        // Thinking is dropped that another model thought.
        this.process.send({ ...line, message: { role, model: this.#model, content: [...content] } })
        continue
      }
      // Nothing in it is a command of the program's user.
      const note = this.#untold.length === 0 ? {} : { shouldQuery: false }
      this.process.send({ ...line, message: { role, content: [...content] }, text_not_typed: true, ...note })
      return
    }
  }

  #hear(line: JsonObject): void {
    this.#asker?.alive()
    switch (line['type']) {
      case 'stream_event':
        this.#hearEvent(line)
        return
      case 'system':
        if (line['subtype'] === 'init') this.#model = asText(line['model']) ?? this.#model
        if (line['status'] === 'requesting') this.#hearMore()
        return
      case 'user':
        this.#hearMore()
        return
      case 'assistant':
        this.#hearMessage(line)
        return
      case 'result':
        this.#hearResult(line)
        return
      case 'control_request':
        this.#hearRequest(line)
        return
      case 'control_response':
        this.#hearResponse(asObject(line['response']) ?? {})
        return
      default:
      // Notices of the program for its own display.
    }
  }

  /** What agents of the program say among themselves is no part of the answer. */
  #hearEvent(line: JsonObject): void {
    const event = asObject(line['event'])
    if (event === null || (line['parent_tool_use_id'] ?? null) !== null) return
    if (this.#asker === null) {
      // The program did not wait for the client, so where it stands is not where the client thinks that it does.
      this.process.kill()
      return
    }
    if (event['type'] === 'message_start' && this.#hearMore()) return
    const end = this.#answer.event(event)
    if (end !== null) this.#messageEnded(end)
    else if (event['type'] === 'message_delta') this.#cutShort(asText(asObject(event['delta'])?.['stop_reason']))
  }

  /**
   * The model had nothing more to say, but the program tells it to say more, as after an answer that was only thought. Its
   * word to the model and its notice of a request come before the request. True: the answer has ended with that.
   */
  #hearMore(): boolean {
    if (this.#end === null || this.#calls.length > 0) return false
    this.#answered(this.#end, null, false)
    return true
  }

  /** After a limit or a refusal the program asks the model again, with a message of its own making: it has to be quick. */
  #cutShort(stopReason: string | null): void {
    if (stopReason !== null && !PROPER_ENDS.has(stopReason)) this.#answered(stopReason, null, false)
  }

  #hearMessage(line: JsonObject): void {
    if ((line['parent_tool_use_id'] ?? null) !== null) return
    const refused = refusalIn(line, this.#wallClock())
    if (refused === null) this.#answer.complete(blocksIn(line))
    else this.#refusal = refused
  }

  #messageEnded({ stopReason, calls }: MessageEnd): void {
    // The program would have the model go on from there.
    if (stopReason === null) this.#refused(this.#refusal ?? refusal(502, "The model's answer broke off."))
    else if (stopReason === 'tool_use' && calls.length > 0) {
      this.#calls = calls
      this.#end = stopReason
      this.process.send({
        type: 'control_request',
        request_id: SPENDING,
        request: { subtype: 'get_usage', skip_behaviors: true, detached: true },
      })
    } else if (stopReason === 'tool_use') this.#answer.join()
    else this.#end = stopReason
  }

  #hearResult(line: JsonObject): void {
    if (this.#asker === null) return
    if (this.#untold.length > 0 && line['is_error'] !== true) {
      this.#tell()
      return
    }
    const refused = this.#refusal ?? refusalIn(line, this.#wallClock())
    const isAtLimit = line['subtype'] === 'error_max_turns' && this.#answer.begun
    const spent = this.#spent(spendingInResult(line))
    if (isAtLimit) this.#answered('max_tokens', spent, false)
    else if (refused !== null) this.#refused(refused)
    else if (this.#end === null) this.#refused(refusal(502, 'Claude Code ended its turn without an answer.'))
    else this.#answered(this.#end, spent, true)
  }

  /** On this answer: the program counts from its start. */
  #spent(total: Spending | null): Spending | null {
    if (total === null) return null
    const spent = spentSince(this.#spentBefore, total)
    this.#spentBefore = total
    return spent
  }

  #hearRequest(line: JsonObject): void {
    const id = asText(line['request_id']) ?? ''
    const request = asObject(line['request'])
    const message = asObject(request?.['message'])
    if (request?.['subtype'] === 'mcp_message' && message !== null) this.#tools.receive(id, message)
    else this.#decline(id)
  }

  #hearResponse(response: JsonObject): void {
    const isError = response['subtype'] === 'error'
    if (response['request_id'] === SPENDING) {
      this.#callsAnswered(isError ? null : this.#spent(spendingInAnswer(response)), true)
    } else if (isError) {
      const reason = asText(response['error']) ?? 'without a reason'
      this.#refused(refusal(502, `Claude Code refuses its settings: ${reason}`))
    }
  }

  #reply(requestId: string, response: JsonObject): void {
    this.process.send({
      type: 'control_response',
      response: { subtype: 'success', request_id: requestId, response },
    })
  }

  /** Nobody is here who could be asked for a permission or a choice. */
  #decline(requestId: string): void {
    this.process.send({
      type: 'control_response',
      response: { subtype: 'error', request_id: requestId, error: 'Nobody is here to answer that.' },
    })
  }

  /** The answer ends with calls of the client's tools, whose results the program waits for. */
  #callsAnswered(spent: Spending | null, canGoOn: boolean): void {
    if (this.#calls.length > 0 && this.#end !== null) this.#answered(this.#end, spent, canGoOn)
  }

  #answered(stopReason: string, spent: Spending | null, canGoOn: boolean): void {
    const asker = this.#asker
    if (asker === null) return
    this.#answer.finish(stopReason, spent)
    this.#asker = null
    asker.answered(this.#answer.message(stopReason, spent), canGoOn)
  }

  #refused(refused: Refusal): void {
    const asker = this.#asker
    this.#asker = null
    asker?.refused(refused)
  }

  #lost(how: string): void {
    // The model has said all that it had to say.
    this.#callsAnswered(null, false)
    const asker = this.#asker
    this.#asker = null
    asker?.lost(how)
  }
}
