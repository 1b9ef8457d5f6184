import { isWithin, networkOf, parseAddress } from './address-range.ts'
import type { AddressRange } from './address-range.ts'

/**
 * Whose request this is, as far as the net can tell: the other end of the connection, or, where that is a proxy of the
 * operator's, the last hop of `x-forwarded-for` that is none. What stands left of that hop is the client's own word.
 */
export function clientNetwork(
  peer: string,
  forwardedFor: string | undefined,
  trustedProxies: readonly AddressRange[],
): string {
  let current = parseAddress(peer)
  if (current === null) return peer
  if (trustedProxies.length === 0 || forwardedFor === undefined) return networkOf(current)
  for (const hop of forwardedFor.split(',').toReversed()) {
    const here = current
    if (!trustedProxies.some((range) => isWithin(here, range))) break
    const next = parseAddress(hop)
    if (next === null) break
    current = next
  }
  return networkOf(current)
}
