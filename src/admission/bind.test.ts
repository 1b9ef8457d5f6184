import { describe, expect, it } from 'vitest'
import { refuseOpenBind } from './bind.ts'

describe('refuseOpenBind()', () => {
  it.each(['127.0.0.1', 'localhost', '::1', '[::1]', '127.8.8.8'])('lets an open gateway listen on %s', (host) => {
    expect(refuseOpenBind(host, false)).toBeNull()
  })

  it.each(['0.0.0.0', '::', '192.168.1.5', 'gateway.example.com', '', '127.1'])(
    'refuses an open gateway on %j, and says how to fix it',
    (host) => {
      const refusal = refuseOpenBind(host, false)
      expect(refusal?.message).toContain('loopback')
      expect(refusal?.fix).toContain('ucr keys create')
      expect(refusal?.fix).toContain('127.0.0.1')
    },
  )

  it('lets a gateway with keys listen anywhere', () => {
    expect(refuseOpenBind('0.0.0.0', true)).toBeNull()
  })
})
