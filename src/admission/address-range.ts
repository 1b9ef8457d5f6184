import { normalizeHost } from './address.ts'

/** Eight groups of 16 bits; an IPv4 address as IPv6 has it, `::ffff:a.b.c.d`. */
export type Address = readonly number[]

/** All addresses that begin with the same bits. */
export interface AddressRange {
  readonly start: Address
  readonly bits: number
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const GROUPS = 8
/** Bits of an IPv6 address before those of an IPv4 one in it. */
const MAPPED = 96

/** An address as sockets and headers have it, also with a port behind it. Null for anything else. */
export function parseAddress(text: string): Address | null {
  const bare = withoutPort(text.trim())
  const match = IPV4.exec(bare)
  if (match !== null) return mapped(match.slice(1).map(Number))
  return bare.includes(':') ? groupsOf(normalizeHost(bare)) : null
}

/** `10.0.0.0/8`, `fd00::/8`, or one address. Null for anything else. */
export function parseRange(text: string): AddressRange | null {
  const [address = '', length, ...rest] = text.split('/')
  const start = parseAddress(address)
  if (start === null || rest.length > 0) return null
  const offset = IPV4.test(address.trim()) ? MAPPED : 0
  if (length === undefined) return { start, bits: GROUPS * 16 }
  const bits = /^\d{1,3}$/.test(length) ? Number(length) + offset : Number.NaN
  return bits <= GROUPS * 16 ? { start, bits } : null
}

export function isWithin(address: Address, { start, bits }: AddressRange): boolean {
  return start.every((group, position) => {
    const mask = 0xffff & ~(0xffff >> Math.min(Math.max(bits - position * 16, 0), 16))
    return (group & mask) === ((address[position] ?? 0) & mask)
  })
}

/**
 * What one client has of the net: an IPv4 address, or the half of an IPv6 one that is not its own to choose. The same
 * client would otherwise have as many names as it likes.
 */
export function networkOf(address: Address): string {
  if (isWithin(address, { start: [0, 0, 0, 0, 0, 0xffff, 0, 0], bits: MAPPED })) {
    return address
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.')
  }
  return `${address
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

function withoutPort(text: string): string {
  const match = /^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? /^([\d.]+):\d+$/.exec(text)
  return match?.[1] ?? text
}

function mapped(bytes: readonly number[]): Address | null {
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  return bytes.some((byte) => byte > 255) ? null : [0, 0, 0, 0, 0, 0xffff, (a << 8) | b, (c << 8) | d]
}

/** Of an address in its shortest form. */
function groupsOf(text: string): Address | null {
  const [before = '', after, ...rest] = text.split('::')
  if (rest.length > 0) return null
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const missing = GROUPS - head.length - tail.length
  if (after === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return null
  return groups.map((group) => Number.parseInt(group, 16))
}
