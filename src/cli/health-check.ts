import { reasonOf, systemCode } from './failure.ts'
import { ask } from './http.ts'
import type { OwnCertificate } from './own-certificate.ts'

export interface Health {
  /** The gateway's own word, `unreachable`, or `guarded`: it answers only clients that show a certificate. */
  readonly status: string
  /** Null where the gateway said it. */
  readonly why: string | null
}

/** Milliseconds that a gateway which serves for a while already may take. */
const TIMEOUT = 2000

/** Asks a gateway how it is. Never throws. */
export async function checkHealth(url: string, certificate: OwnCertificate | null, timeout = TIMEOUT): Promise<Health> {
  try {
    const { status, json } = await ask({ url: `${url}/health`, timeout, certificate })
    const said = json !== null && typeof json === 'object' && !Array.isArray(json) ? json['status'] : null
    if (typeof said === 'string') return { status: said, why: null }
    return { status: 'unreachable', why: `${url} answered with HTTP status ${status} and is no gateway` }
  } catch (error) {
    if (certificate?.guarded === true && wasSentAway(error)) {
      return { status: 'guarded', why: 'it answers only clients that show a certificate' }
    }
    return { status: 'unreachable', why: reasonOf(error) }
  }
}

/** By whoever has the gateway's certificate: no other one gets as far as that. */
function wasSentAway(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null
  return cause instanceof Error && systemCode(cause) === 'UND_ERR_SOCKET'
}
