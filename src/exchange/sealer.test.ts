import { describe, expect, it } from 'vitest'
import type { Seal } from '../canonical/content.ts'
import { createSealer } from './sealer.ts'
import type { SealKey } from './sealer.ts'

const key = (id: string): SealKey => ({ id, secret: Buffer.from(`secret of ${id}`) })
const seal: Seal = {
  kind: 'signature',
  value: 'EqQBCgIYAhIM/+=',
  origin: { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude-sonnet-5' },
}

describe('createSealer()', () => {
  const sealer = createSealer([key('a')], 'tenant-1')

  it('opens what it closed', () => {
    expect(sealer.open(sealer.close(seal, 3))).toEqual({ seal })
  })

  it('closes the same seal to the same carrier, so that prefixes stay byte-stable', () => {
    expect(sealer.close(seal, 3)).toBe(createSealer([key('a')], 'tenant-1').close(seal, 3))
  })

  it('uses characters that every client can carry', () => {
    expect(sealer.close(seal, 0)).toMatch(/^ucr1\.[A-Za-z0-9]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/)
  })

  it("refuses another tenant's carrier", () => {
    expect(createSealer([key('a')], 'tenant-2').open(sealer.close(seal, 0))).toBe('invalid')
  })

  it('refuses a carrier with any character changed', () => {
    const carrier = sealer.close(seal, 0)
    for (let at = 'ucr1.'.length; at < carrier.length; at++) {
      const other = carrier[at] === 'A' ? 'B' : 'A'
      const forged = carrier.slice(0, at) + other + carrier.slice(at + 1)
      const opened = sealer.open(forged)
      // The last character of base64 holds unused bits: the same bytes may have two spellings, never two meanings.
      if (opened !== 'invalid') expect(opened).toEqual({ seal })
      if (at < carrier.length - 1) expect(opened).toBe('invalid')
    }
  })

  it('opens carriers of an older key after rotation, and closes with the newest', () => {
    const rotated = createSealer([key('b'), key('a')], 'tenant-1')
    expect(rotated.open(sealer.close(seal, 0))).toEqual({ seal })
    expect(rotated.close(seal, 0)).toMatch(/^ucr1\.b\./)
    expect(sealer.open(rotated.close(seal, 0))).toBe('invalid')
  })

  it("tells a vendor's own signature from a carrier", () => {
    expect(sealer.open('EqQBCgIYAhIM')).toBe('foreign')
    expect(sealer.open('ucr2.a.b.c')).toBe('invalid')
    expect(sealer.open('ucrown')).toBe('foreign')
    expect(sealer.open('ucr1.')).toBe('invalid')
    expect(sealer.open('ucr1.a.!!.x')).toBe('invalid')
    expect(sealer.open(`ucr1.a.${'A'.repeat(2 * 1024 * 1024)}.x`)).toBe('invalid')
  })
})
