import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Seal, SealOrigin } from '../canonical/content.ts'
import { isProtocolId } from '../canonical/protocol-id.ts'
import { JsonScanError, scanJson } from '../lib/json.ts'
import type { JsonNode } from '../lib/json.ts'
import type { Sealer } from '../protocols/protocol.ts'

const PREFIX = 'ucr1.'
/** A carrier of a version to come, which a client holds after the gateway went back to an older one. */
const ANY_VERSION = /^ucr\d+\./
/** Longer than any signature seen; a client cannot make the gateway hash more than this. */
const MAX_CARRIER = 1024 * 1024

export interface SealKey {
  /** `[A-Za-z0-9]+`; names the key in carriers, so that keys can be rotated. */
  readonly id: string
  readonly secret: Buffer
}

/** The newest key closes, all of them open. */
export type SealKeys = readonly [SealKey, ...SealKey[]]

/**
 * Carriers for one tenant: another vendor's seal, packed so that any client can carry it back. The MAC covers the
 * tenant, so that one tenant's reasoning is worthless to another.
 */
export function createSealer(keys: SealKeys, tenant: string): Sealer {
  return {
    close(seal, ordinal) {
      const payload = Buffer.from(JSON.stringify(toPayload(seal, ordinal))).toString('base64url')
      const [key] = keys
      const signed = `${PREFIX}${key.id}.${payload}`
      return `${signed}.${sign(key, tenant, signed).toString('base64url')}`
    },
    open(value) {
      if (!value.startsWith(PREFIX)) return ANY_VERSION.test(value) ? 'invalid' : 'foreign'
      if (value.length > MAX_CARRIER) return 'invalid'
      const [, id, payload, mac, rest] = value.split('.')
      const key = keys.find((candidate) => candidate.id === id)
      if (key === undefined || payload === undefined || mac === undefined || rest !== undefined) return 'invalid'
      const expected = sign(key, tenant, `${PREFIX}${key.id}.${payload}`)
      const given = Buffer.from(mac, 'base64url')
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid'
      const seal = fromPayload(Buffer.from(payload, 'base64url').toString('utf8'))
      return seal === null ? 'invalid' : { seal }
    },
  }
}

function sign(key: SealKey, tenant: string, text: string): Buffer {
  return createHmac('sha256', key.secret).update(tenant).update('\0').update(text).digest()
}

function toPayload(seal: Seal, ordinal: number): Record<string, string | number> {
  const { kind, value, origin } = seal
  return {
    v: 1,
    k: kind,
    p: origin?.provider ?? '',
    r: origin?.protocol ?? '',
    m: origin?.model ?? '',
    o: ordinal,
    b: value,
  }
}

function fromPayload(text: string): Seal | null {
  try {
    const root = scanJson(text)
    const kind = root.get('k')?.string
    const value = root.get('b')?.string
    if (root.get('v')?.number !== 1 || value === undefined) return null
    if (kind !== 'signature' && kind !== 'redacted' && kind !== 'encrypted') return null
    return { kind, value, origin: originOf(root) }
  } catch (thrown) {
    if (thrown instanceof JsonScanError) return null
    throw thrown
  }
}

function originOf(root: JsonNode): SealOrigin | null {
  const provider = root.get('p')?.string ?? ''
  const protocol = root.get('r')?.string ?? ''
  if (provider === '' || !isProtocolId(protocol)) return null
  return { provider, protocol, model: root.get('m')?.string ?? '' }
}
