import { describe, expect, it } from 'vitest'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import { AdminDoor } from './admin-door.ts'
import { hashKey } from './keys.ts'

const TOKEN = 'ucr_admin_0123456789'
const door = new AdminDoor(hashKey(TOKEN))

describe('AdminDoor', () => {
  it.each<Headers>([
    { authorization: `Bearer ${TOKEN}` },
    { authorization: `bearer   ${TOKEN} ` },
    { 'x-api-key': TOKEN },
    { 'x-api-key': 'a client key', authorization: `Bearer ${TOKEN}` },
  ])('opens for the token: %j', (headers) => {
    expect(() => door.check(headers)).not.toThrow()
  })

  it.each<Headers>([
    {},
    { authorization: TOKEN },
    { authorization: `Basic ${TOKEN}` },
    { authorization: `Bearer ${TOKEN}x` },
    { authorization: `Bearer ${TOKEN.slice(0, -1)}` },
    { 'x-api-key': hashKey(TOKEN) },
    { 'x-api-key': '' },
    { cookie: `token=${TOKEN}` },
    { 'x-goog-api-key': TOKEN },
  ])('stays closed: %j', (headers) => {
    expect(() => door.check(headers)).toThrow(GatewayError)
  })

  it('opens for nobody where there is no token', () => {
    expect(() => new AdminDoor(null).check({ 'x-api-key': '' })).toThrow(GatewayError)
    expect(() => new AdminDoor(null).check({ 'x-api-key': TOKEN })).toThrow(GatewayError)
  })
})
