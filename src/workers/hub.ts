import type { JsonValue } from '../lib/json.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** A worker as the hub sees it. */
export interface HubMember {
  send(message: ToWorker): void
}

type BusMessage = Extract<FromWorker, { readonly kind: 'tell' | 'ask' | 'answer' }>

interface Gathering {
  readonly answers: JsonValue[]
  readonly missing: Set<HubMember>
  readonly finish: () => void
}

/** The supervisor's end of the bus: passes on what one worker tells, and collects what one asks of all others. */
export class Hub {
  readonly #members = new Set<HubMember>()
  readonly #gatherings = new Map<number, Gathering>()
  #asked = 0

  join(member: HubMember): void {
    this.#members.add(member)
  }

  leave(member: HubMember): void {
    this.#members.delete(member)
    for (const gathering of this.#gatherings.values()) this.#settle(gathering, member)
  }

  receive(from: HubMember, message: BusMessage): void {
    switch (message.kind) {
      case 'tell':
        for (const member of this.#othersOf(from)) {
          member.send({ kind: 'told', topic: message.topic, data: message.data })
        }
        return
      case 'ask':
        this.#gather(from, message)
        return
      case 'answer': {
        const gathering = this.#gatherings.get(message.id)
        if (gathering === undefined || !gathering.missing.has(from)) return
        if (message.data !== null) gathering.answers.push(message.data)
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
    const answers: JsonValue[] = []
    const finish = (): void => {
      clearTimeout(timer)
      if (this.#gatherings.delete(key)) from.send({ kind: 'answers', id, answers })
    }
    const timer = setTimeout(finish, milliseconds)
    this.#gatherings.set(key, { answers, missing: new Set(others), finish })
    if (others.length === 0) finish()
    for (const member of others) member.send({ kind: 'asked', id: key, topic, question })
  }

  #settle({ missing, finish }: Gathering, member: HubMember): void {
    if (missing.delete(member) && missing.size === 0) finish()
  }

  #othersOf(from: HubMember): readonly HubMember[] {
    return [...this.#members].filter((member) => member !== from)
  }
}
