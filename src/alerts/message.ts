import { createHmac, randomUUID } from 'node:crypto'
import type { AlertEvent } from '../observe/alert-list.ts'

/** Who sends. */
export interface Sender {
  readonly service: string
  readonly version: string
  readonly host: string
}

/** What a webhook is sent, as JSON. */
export interface AlertMessage {
  /** The same at every try: whoever has seen it need not look again. */
  readonly id: string
  /** ISO 8601. */
  readonly time: string
  /** Nothing happened: somebody wants to know whether messages arrive. */
  readonly test: boolean
  readonly rule: string
  readonly metric: string
  readonly state: AlertEvent['state']
  readonly value: number
  readonly threshold: number | null
  /** Seconds; null for what no window belongs to. */
  readonly window: number | null
  readonly gateway: Sender
}

export interface MessageContext {
  readonly window: number | null
  readonly test: boolean
  readonly gateway: Sender
}

export function messageOf(event: AlertEvent, { window, test, gateway }: MessageContext): AlertMessage {
  const { time, name, metric, state, value, threshold } = event
  return {
    id: randomUUID(),
    time: new Date(time).toISOString(),
    test,
    rule: name,
    metric,
    state,
    value,
    threshold,
    window,
    gateway,
  }
}

/** `t=<Unix seconds>,v1=<HMAC-SHA256 of "t.body", in hexadecimal>`. */
export function signatureOf(secret: string, body: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}

const WORDS = { ok: 'is well again', warning: 'warning', critical: 'critical' } as const
const MARKS = { ok: ':white_check_mark:', warning: ':warning:', critical: ':rotating_light:' } as const

/** https://docs.slack.dev/messaging/formatting-message-text: what is not escaped may be a link, or call people. */
export function slackBody({ test, rule, metric, state, value, threshold, window, gateway }: AlertMessage): string {
  const title = `${test ? 'Test: ' : ''}${rule}: ${WORDS[state]}`
  const limit = threshold === null ? '' : `, threshold ${threshold}`
  const over = window === null ? '' : `, over ${window} s`
  const details = `${metric} = ${shown(value)}${limit}${over}`
  const from = `${gateway.service} ${gateway.version} on ${gateway.host}`
  return JSON.stringify({
    text: escaped(`${title} (${details})`),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `${MARKS[state]} *${escaped(title)}*\n${escaped(details)}` } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(from) }] },
    ],
  })
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function shown(value: number): number {
  return Number(value.toPrecision(4))
}
