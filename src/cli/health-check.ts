import { reasonOf } from './failure.ts'
import { ask } from './http.ts'

export interface Health {
  /** The gateway's own word, or `unreachable`. */
  readonly status: string
  /** Null unless unreachable. */
  readonly why: string | null
}

const TIMEOUT = 2000

/** Asks a gateway how it is. Never throws. */
export async function checkHealth(url: string): Promise<Health> {
  try {
    const { status, json } = await ask({ url: `${url}/health`, timeout: TIMEOUT })
    const said = json !== null && typeof json === 'object' && !Array.isArray(json) ? json['status'] : null
    if (typeof said === 'string') return { status: said, why: null }
    return { status: 'unreachable', why: `${url} answered with HTTP status ${status} and is no gateway` }
  } catch (error) {
    return { status: 'unreachable', why: reasonOf(error) }
  }
}
