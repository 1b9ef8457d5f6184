import type { Probe } from '../providers/discover.ts'
import { ask } from './http.ts'

/** A server on this machine answers at once, or is busy with something else than lists. */
const TIMEOUT = 1000

/** Looks whether a server answers on this machine. */
export const probeLocal: Probe = async (url) => {
  try {
    const { status, text } = await ask({ url, timeout: TIMEOUT })
    return status === 200 ? text : null
  } catch {
    return null
  }
}
