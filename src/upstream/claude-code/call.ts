import { CallClock, WAITED_FOR } from '../call-clock.ts'
import type { TimeoutKind } from '../call-clock.ts'
import type { Deadlines } from '../deadlines.ts'
import type { TransportFailure, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../transport.ts'
import { resultsIn } from './client-tools.ts'
import type { ToolResult } from './client-tools.ts'
import { Conversation } from './conversation.ts'
import type { Asker } from './conversation.ts'
import { conversationName } from './digest.ts'
import { errorBody, refusal } from './errors.ts'
import type { Refusal } from './errors.ts'
import type { Launch } from './launch.ts'
import type { Applicant, ProcessPool } from './pool.ts'
import type { ProgramProcess } from './program-process.ts'
import type { Turn } from './turn.ts'
import { asText, objectsIn } from './values.ts'
import type { JsonObject } from './values.ts'

/** A request that the program can be asked. */
export interface Task {
  readonly turn: Turn
  readonly launch: Launch
  readonly program: string
  readonly pool: ProcessPool
}

/** One request on its way through a process: a conversation's events on one side, the exchange's on the other. */
export class ClaudeCodeCall implements UpstreamCall, Asker {
  readonly #handler: UpstreamHandler
  readonly #tenant: string
  readonly #clock: CallClock
  readonly #wallClock: () => number
  #task: Task | null = null
  #applicant: Applicant | null = null
  #conversation: Conversation | null = null
  #paused = false
  #headSent = false
  #over = false
  #unsent: string[] = []

  constructor(request: UpstreamRequest, handler: UpstreamHandler, deadlines: Deadlines, wallClock: () => number) {
    this.#handler = handler
    this.#tenant = request.tenant ?? ''
    this.#wallClock = wallClock
    this.#clock = new CallClock(request.timeouts, deadlines, (kind, limit) => this.#expired(kind, limit))
  }

  /** Goes on with the conversation where it waits, or begins it anew. */
  start(task: Task): void {
    if (this.#over) return
    this.#task = task
    const { turn, launch, pool } = task
    const known = pool.unpark(conversationName(this.#tenant, launch.key, turn, turn.history))
    if (known !== null && this.#follow(known, turn)) return
    if (known !== null) pool.dismiss(known.process)
    this.#applicant = {
      program: task.program,
      launch,
      ready: (process) => this.#begin(process, turn),
      refused: (refused) => this.refused(refused),
      failed: (detail) => this.fail('connect', detail),
    }
    pool.apply(this.#applicant)
  }

  fail(kind: TransportFailure['kind'], detail: string): void {
    if (!this.#close()) return
    this.#handler.error({ kind, detail, unsent: true })
  }

  pause(): void {
    this.#paused = true
    this.#clock.pause()
    this.#conversation?.process.pause()
  }

  resume(): void {
    this.#paused = false
    this.#clock.resume()
    this.#conversation?.process.resume()
  }

  abort(): void {
    if (this.#close()) this.#giveUp()
  }

  /** For an answer that is sent whole there is one limit for all of it. */
  alive(): void {
    if (this.#headSent) this.#clock.active()
  }

  event(event: JsonObject): void {
    if (this.#over || this.#task?.turn.stream !== true) return
    this.#sendHead(200, { 'content-type': 'text/event-stream' })
    if (this.#unsent.length === 0) queueMicrotask(() => this.#flush())
    this.#unsent.push(`event: ${asText(event['type']) ?? ''}\ndata: ${JSON.stringify(event)}\n\n`)
  }

  answered(message: JsonObject, canGoOn: boolean): void {
    const conversation = this.#conversation
    const task = this.#task
    if (conversation === null || task === null) return
    // Nothing holds it up between two requests.
    conversation.process.resume()
    if (canGoOn) this.#park(conversation, task, message)
    else task.pool.dismiss(conversation.process)
    this.#conversation = null
    if (!task.turn.stream) this.#whole(200, JSON.stringify(message), {})
    else if (this.#close()) this.#handler.end()
  }

  refused(refused: Refusal): void {
    this.#giveUp()
    if (this.#headSent) {
      this.#unsent.push(`event: error\ndata: ${errorBody(refused)}\n\n`)
      if (this.#close()) this.#handler.end()
      return
    }
    const { status, retryAfter } = refused
    this.#whole(status, errorBody(refused), retryAfter === null ? {} : { 'retry-after': String(retryAfter) })
  }

  lost(how: string): void {
    this.#giveUp()
    if (this.#close()) this.#handler.error({ kind: 'reset', detail: `Claude Code ${how}`, unsent: false })
  }

  /** False: what the client says now does not fit to where the conversation stands. */
  #follow(conversation: Conversation, { content }: Turn): boolean {
    const results = conversation.calls.length === 0 ? null : resultsIn(content)
    if (conversation.calls.length > 0 && (results === null || !answersAll(conversation.calls, results))) return false
    this.#take(conversation)
    if (results === null) conversation.goOn(content, this)
    else conversation.resume(results, this)
    return true
  }

  #begin(process: ProgramProcess, turn: Turn): void {
    this.#applicant = null
    const conversation = new Conversation(process, turn, this.#wallClock)
    this.#take(conversation)
    conversation.begin(turn, this)
  }

  #take(conversation: Conversation): void {
    this.#conversation = conversation
    this.#clock.sent()
    if (this.#paused) conversation.process.pause()
  }

  #park(conversation: Conversation, { turn, launch, pool }: Task, message: JsonObject): void {
    const said = [
      ...turn.history,
      { role: 'user', content: turn.content },
      { role: 'assistant', content: objectsIn(message['content']) },
    ] as const
    pool.park(conversationName(this.#tenant, launch.key, turn, said), conversation)
  }

  /** Leaves the queue, or ends the process that works for nobody now. */
  #giveUp(): void {
    if (this.#applicant !== null) this.#task?.pool.leave(this.#applicant)
    this.#applicant = null
    const conversation = this.#conversation
    this.#conversation = null
    if (conversation !== null) this.#task?.pool.dismiss(conversation.process)
  }

  #expired(kind: TimeoutKind, limit: number): void {
    if (kind === 'connect-timeout') {
      this.refused(refusal(429, `No process of Claude Code became free within ${limit} ms.`, COME_BACK))
      return
    }
    this.#giveUp()
    if (!this.#close()) return
    this.#handler.error({ kind, detail: `${WAITED_FOR[kind]} within ${limit} ms`, unsent: false })
  }

  #whole(status: number, body: string, headers: Readonly<Record<string, string>>): void {
    if (this.#over) return
    this.#sendHead(status, { 'content-type': 'application/json', ...headers })
    this.#unsent.push(body)
    if (this.#close()) this.#handler.end()
  }

  #sendHead(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.#headSent) return
    this.#headSent = true
    this.#clock.answered()
    this.#handler.head(status, headers)
  }

  /** What was said in one go leaves in one piece. */
  #flush(): void {
    const text = this.#unsent.join('')
    this.#unsent = []
    if (text !== '' && !this.#over) this.#handler.data(Buffer.from(text))
  }

  /** Nothing follows. False: it was over already. */
  #close(): boolean {
    if (this.#over) return false
    this.#flush()
    this.#over = true
    this.#clock.stop()
    return true
  }
}

/** Seconds after which a client that waited in vain may try again. */
const COME_BACK = 1

function answersAll(calls: readonly string[], results: ReadonlyMap<string, ToolResult>): boolean {
  return calls.length === results.size && calls.every((id) => results.has(id))
}
