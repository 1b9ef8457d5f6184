import type { Usage } from '../canonical/usage.ts'
import { ownCopy } from '../lib/own-copy.ts'
import type { ExchangeRecord } from './observer.ts'

/** Clients choose names: they are not kept for ever, and long ones not at all. */
const MAX_NAMES = 1000
const LONGEST = 200

/** Neither JSON nor a terminal takes anything in such text for its own. Ids of the gateway's making are like that. */
const PLAIN = /^[\w-]*$/

/**
 * The log's line of an exchange. There is one for each request, so it is put together by hand: numbers as they are, and
 * names cleaned and quoted once, as the same ones come again and again.
 */
export class AccessLine {
  readonly #clean: (text: string) => string
  /** JSON literals of cleaned names, by the names as they came. */
  readonly #names = new Map<string, string>()
  #second = Number.NaN
  /** `2026-01-01T00:00:00.`, of that second. */
  #clock = ''

  /** `clean` takes out of a text what must not be logged. */
  constructor(clean: (text: string) => string) {
    this.#clean = clean
  }

  /** What `clean` gives has changed. */
  forget(): void {
    this.#names.clear()
  }

  /** One line of JSON with its end. `time` in Unix milliseconds. */
  of(record: ExchangeRecord, level: 'info' | 'warn', time: number): string {
    const { requestId, attempts, stream, httpStatus, requestBytes, replyBytes } = record
    const id = PLAIN.test(requestId) ? `"${requestId}"` : this.#literal(requestId)
    return (
      `{"level":"${level}","time":"${this.#isoTime(time)}","requestId":${id},` +
      `"protocol":${this.#name(record.protocol)},"operation":${this.#name(record.operation)},` +
      `"keyName":${this.#name(record.keyName)},"requestedModel":${this.#name(record.requestedModel)},` +
      `"provider":${this.#name(record.provider)},"model":${this.#name(record.model)},` +
      `"plan":${this.#name(record.plan)},"reason":${this.#name(record.reason)},` +
      `"attempts":${attempts},"stream":${stream},"httpStatus":${httpStatus},` +
      `"status":${this.#name(record.status)},"errorCode":${this.#name(record.errorCode)},` +
      `${cacheFields(record)}"requestBytes":${requestBytes},"replyBytes":${replyBytes},` +
      `"duration":${tenths(record.duration)},"timeToFirstByte":${tenths(record.timeToFirstByte)},` +
      `"timeToFirstToken":${tenths(record.timeToFirstToken)}` +
      `${record.usage === null ? '' : usageFields(record.usage)}${this.#dropped(record)},"msg":"request"}\n`
    )
  }

  #name(text: string | null): string {
    if (text === null) return 'null'
    const known = this.#names.get(text)
    if (known !== undefined) return known
    const literal = this.#literal(text)
    if (text.length > LONGEST) return literal
    if (this.#names.size >= MAX_NAMES) this.#names.clear()
    this.#names.set(ownCopy(text), literal)
    return literal
  }

  #literal(text: string): string {
    return JSON.stringify(this.#clean(text))
  }

  #dropped({ losses }: ExchangeRecord): string {
    if (losses.length === 0) return ''
    return `,"dropped":${this.#name(losses.map(({ field }) => field).join(','))}`
  }

  #isoTime(time: number): string {
    const second = Math.floor(time / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#clock = new Date(second * 1000).toISOString().slice(0, -4)
    }
    return `${this.#clock}${String(time - second * 1000).padStart(3, '0')}Z`
  }
}

/** Nothing where the request could not be cached. */
function cacheFields({ cache, billed }: ExchangeRecord): string {
  return cache === null ? '' : `"cache":"${cache}","billed":${billed},`
}

function usageFields({ input, output, estimated }: Usage): string {
  return (
    `,"inputTokens":${input.total},"cacheReadTokens":${input.cacheRead},"cacheWriteTokens":${input.cacheWrite},` +
    `"outputTokens":${output.total},"reasoningTokens":${output.reasoning}${estimated ? ',"usageEstimated":true' : ''}`
  )
}

/** Milliseconds, to one place. From whole numbers: the shortest text of a fraction takes several times as long to find. */
function tenths(milliseconds: number | null): string {
  if (milliseconds === null) return 'null'
  const all = Math.round(milliseconds * 10)
  const rest = all % 10
  return rest > 0 ? `${(all - rest) / 10}.${rest}` : `${all / 10}`
}
