import type { JsonValue } from '../lib/json.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** A worker as the hub sees it. */
export interface HubMember {
  send(message: ToWorker): void
}

type BusMessage = Extract<FromWorker, { readonly kind: 'tell' | 'keep' | 'ask' | 'answer' }>

/** Makes one of what two have left under one topic. */
export type JoinKept = (topic: string, before: JsonValue, added: JsonValue) => JsonValue

/** What one worker has left so far, by topic. */
type Kept = Map<string, JsonValue>

interface Gathering {
  readonly answers: Map<HubMember, JsonValue>
  readonly missing: Set<HubMember>
  readonly finish: () => void
}

/**
 * The supervisor's end of the bus: passes on what one worker tells, collects what one asks of all others, and keeps what
 * each has left for the time when it is gone.
 */
export class Hub {
  readonly #join: JoinKept
  readonly #members = new Map<HubMember, Kept>()
  readonly #gatherings = new Map<number, Gathering>()
  /** Of all who are gone. */
  readonly #left: Kept = new Map()
  #asked = 0

  constructor(join: JoinKept = (_topic, _before, added) => added) {
    this.#join = join
  }

  join(member: HubMember): void {
    this.#members.set(member, new Map())
  }

  leave(member: HubMember): void {
    for (const [topic, added] of this.#members.get(member) ?? []) {
      const before = this.#left.get(topic)
      this.#left.set(topic, before === undefined ? added : this.#join(topic, before, added))
    }
    this.#members.delete(member)
    for (const gathering of this.#gatherings.values()) this.#settle(gathering, member)
  }

  receive(from: HubMember, message: BusMessage): void {
    switch (message.kind) {
      case 'tell':
        for (const member of this.#othersOf(from).keys()) {
          member.send({ kind: 'told', topic: message.topic, data: message.data })
        }
        return
      case 'keep':
        this.#members.get(from)?.set(message.topic, message.data)
        return
      case 'ask':
        this.#gather(from, message)
        return
      case 'answer': {
        const gathering = this.#gatherings.get(message.id)
        if (gathering === undefined || !gathering.missing.has(from)) return
        if (message.data !== null) gathering.answers.set(from, message.data)
        this.#settle(gathering, from)
        return
      }
      default:
        message satisfies never
    }
  }

  #gather(from: HubMember, asked: Extract<FromWorker, { readonly kind: 'ask' }>): void {
    const { id, topic, milliseconds, question } = asked
    const others = this.#othersOf(from)
    const key = ++this.#asked
    const answers = new Map<HubMember, JsonValue>()
    // Who goes meanwhile is one of the others: what it leaves must not count twice.
    const left = this.#left.get(topic)
    const finish = (): void => {
      clearTimeout(timer)
      if (!this.#gatherings.delete(key)) return
      const given = [...others].map(([member, kept]) => answers.get(member) ?? kept.get(topic))
      from.send({ kind: 'answers', id, answers: [...given, left].filter((answer) => answer !== undefined) })
    }
    const timer = setTimeout(finish, milliseconds)
    this.#gatherings.set(key, { answers, missing: new Set(others.keys()), finish })
    if (others.size === 0) finish()
    for (const member of others.keys()) member.send({ kind: 'asked', id: key, topic, question })
  }

  #settle({ missing, finish }: Gathering, member: HubMember): void {
    if (missing.delete(member) && missing.size === 0) finish()
  }

  #othersOf(from: HubMember): ReadonlyMap<HubMember, Kept> {
    return new Map([...this.#members].filter(([member]) => member !== from))
  }
}
