import { slackBody, signatureOf } from './message.ts'
import type { AlertMessage } from './message.ts'

/** Where messages go. */
export type Destination =
  | { readonly type: 'webhook'; readonly url: string; readonly secret: string }
  /** The URL is itself a secret. */
  | { readonly type: 'slack'; readonly url: string }
  | { readonly type: 'log' }

/** What came of one try. */
export type PostResult =
  | { readonly kind: 'answered'; readonly status: number }
  /** `why`: for people. */
  | { readonly kind: 'failed'; readonly why: string }

/** Sends a body to a URL. Never rejects, follows no redirects, and gives up after a while. */
export type Post = (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<PostResult>

export interface Poster {
  readonly post: Post
  /** Ends what is under way, of which nothing is heard any more. */
  readonly close: () => void
}

export type LogFields = Readonly<Record<string, string | number | boolean>>

/** The part of the log that is needed here. */
export interface AlertLog {
  info(text: string, fields?: LogFields): void
  warn(requestId: string | null, text: string, fields?: LogFields): void
}

export interface DeliveryTools {
  readonly post: Post
  readonly log: AlertLog
  /** Unix milliseconds. */
  readonly now: () => number
}

/** One try. */
export async function deliver(
  destination: Destination,
  message: AlertMessage,
  { post, log, now }: DeliveryTools,
): Promise<PostResult> {
  switch (destination.type) {
    case 'webhook': {
      const body = JSON.stringify(message)
      // Signed anew at each try: a receiver may refuse what is old.
      const signature = signatureOf(destination.secret, body, Math.floor(now() / 1000))
      return post(destination.url, { ...headersOf(message), 'x-ucr-signature': signature }, body)
    }
    case 'slack':
      return post(destination.url, headersOf(message), slackBody(message))
    case 'log':
      writeTo(log, message)
      return { kind: 'answered', status: 200 }
    default:
      return destination satisfies never
  }
}

/** For people: no path and no query, which may be secrets. */
export function targetOf(destination: Destination): string {
  return destination.type === 'log' ? 'log' : (URL.parse(destination.url)?.origin ?? '')
}

function headersOf({ id, gateway }: AlertMessage): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': `${gateway.service}/${gateway.version}`,
    'idempotency-key': id,
  }
}

function writeTo(log: AlertLog, { test, rule, metric, state, value, threshold, window }: AlertMessage): void {
  const fields = {
    rule,
    metric,
    state,
    value,
    ...(threshold !== null && { threshold }),
    ...(window !== null && { window }),
    ...(test && { test }),
  }
  if (state === 'ok' || test) log.info('alert', fields)
  else log.warn(null, 'alert', fields)
}
