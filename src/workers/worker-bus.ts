import type { JsonValue } from '../lib/json.ts'
import type { Topic, WorkerBus } from './bus.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** Milliseconds beyond its own time that the supervisor may take to hand on answers: after that it hangs. */
const SUPERVISOR_SLACK = 1000

type BusMessage = Extract<ToWorker, { readonly kind: 'told' | 'asked' | 'answers' }>

/** A worker's end of the bus; the other end is the supervisor's `Hub`. */
export class ProcessBus implements WorkerBus {
  readonly keeps = true
  readonly #send: (message: FromWorker) => unknown
  readonly #listeners = new Map<string, ((data: JsonValue) => void)[]>()
  readonly #givers = new Map<string, (question: JsonValue) => JsonValue>()
  readonly #waiting = new Map<number, (answers: readonly JsonValue[]) => void>()
  #asked = 0

  constructor(send: (message: FromWorker) => unknown) {
    this.#send = send
  }

  publish<T extends JsonValue>(topic: Topic<T>, data: T): void {
    this.#send({ kind: 'tell', topic: topic.name, data })
  }

  subscribe<T>(topic: Topic<T>, listener: (data: T) => void): void {
    const listeners = this.#listeners.get(topic.name) ?? []
    this.#listeners.set(topic.name, listeners)
    listeners.push((data) => {
      const read = topic.read(data)
      if (read !== null) listener(read)
    })
  }

  answer<T extends JsonValue>(topic: Topic<T>, give: (question: JsonValue) => T): void {
    this.#givers.set(topic.name, give)
  }

  keep<T extends JsonValue>(topic: Topic<T>, give: () => T): void {
    this.#send({ kind: 'keep', topic: topic.name, data: give() })
  }

  async gather<T>(topic: Topic<T>, milliseconds: number, question: JsonValue = null): Promise<readonly T[]> {
    const id = ++this.#asked
    const others = this.#answersTo(id, milliseconds + SUPERVISOR_SLACK)
    this.#send({ kind: 'ask', id, topic: topic.name, milliseconds, question })
    const own = this.#givers.get(topic.name)?.(question)
    const answers = [...(own === undefined ? [] : [own]), ...(await others)]
    // A list is one answer too, and must stay one.
    return answers.map((answer) => topic.read(answer)).filter((answer) => answer !== null)
  }

  /** None where the supervisor itself gives no sign of life. */
  #answersTo(id: number, milliseconds: number): Promise<readonly JsonValue[]> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle([]), milliseconds).unref()
      const settle = (answers: readonly JsonValue[]): void => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        resolve(answers)
      }
      this.#waiting.set(id, settle)
    })
  }

  receive(message: BusMessage): void {
    switch (message.kind) {
      case 'told':
        for (const listener of this.#listeners.get(message.topic) ?? []) listener(message.data)
        return
      case 'asked':
        this.#send({
          kind: 'answer',
          id: message.id,
          data: this.#givers.get(message.topic)?.(message.question) ?? null,
        })
        return
      case 'answers':
        this.#waiting.get(message.id)?.(message.answers)
        return
      default:
        message satisfies never
    }
  }

  /** The supervisor is gone: nobody answers any more. */
  close(): void {
    for (const settle of this.#waiting.values()) settle([])
  }
}
