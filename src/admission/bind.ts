import { isLoopback } from './address.ts'

export interface BindRefusal {
  /** Completes "server.host": "must not be ...". */
  readonly message: string
  readonly fix: string
}

/**
 * Why the gateway must not listen on `host`; null when it may. `guarded`: nobody comes in without a key or a token. Open
 * gateways get found within hours.
 */
export function refuseOpenBind(host: string, guarded: boolean): BindRefusal | null {
  if (guarded || isLoopback(host)) return null
  return {
    message:
      'must be a loopback address as long as there are no keys: on any other, everybody who reaches this machine could use your accounts',
    fix: 'run "ucr keys create --save", or "ucr keys create --line" and put the line into "auth": { "keys": [ ... ] }; set UCR_API_KEY; or listen on "127.0.0.1"',
  }
}
