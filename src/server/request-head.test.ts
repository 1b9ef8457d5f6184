import { describe, expect, it } from 'vitest'
import { readHead } from './request-head.ts'

const parsed = { method: 'POST', target: '/v1/messages?beta=true&a=b?c', version: '1.1', fields: ['Host', 'a'] }

describe('readHead()', () => {
  it('splits the target at the first question mark', () => {
    expect(readHead(parsed, 10)).toMatchObject({ method: 'POST', path: '/v1/messages', query: 'beta=true&a=b?c' })
    expect(readHead({ ...parsed, target: '/v1/messages' }, 10)).toMatchObject({ path: '/v1/messages', query: '' })
  })

  it('joins repeated fields under lower-case names, cookies by semicolon', () => {
    const fields = ['Host', 'a', 'X-One', '1', 'x-one', '2', 'Cookie', 'a=1', 'cookie', 'b=2']
    expect(readHead({ ...parsed, fields }, 10).headers).toEqual({ host: 'a', 'x-one': '1, 2', cookie: 'a=1; b=2' })
  })

  it('keeps fields that are called like properties of objects', () => {
    const fields = ['Host', 'a', 'constructor', 'c', '__proto__', 'p', 'toString', 't']
    const { headers } = readHead({ ...parsed, fields }, 10)
    expect(Object.entries(headers)).toEqual([
      ['host', 'a'],
      ['constructor', 'c'],
      ['__proto__', 'p'],
      ['tostring', 't'],
    ])
    expect(readHead(parsed, 10).headers['constructor']).toBeUndefined()
  })

  it.each([
    [[], false],
    [['Content-Length', '0'], false],
    [['Content-Length', '1'], true],
    [['Transfer-Encoding', 'Chunked'], true],
  ])('with %j has a body: %s', (fields, hasBody) => {
    expect(readHead({ ...parsed, fields: ['Host', 'a', ...fields] }, 10).hasBody).toBe(hasBody)
  })

  it.each([
    ['a second host', { fields: ['Host', 'a', 'host', 'a'] }, 400],
    ['no host', { fields: [] }, 400],
    ['a full URL', { target: 'http://a/v1/messages' }, 400],
    ['an asterisk', { target: '*' }, 400],
    ['chunks in HTTP/1.0', { version: '1.0', fields: ['Transfer-Encoding', 'chunked'] }, 400],
    ['another coding', { fields: ['Host', 'a', 'Transfer-Encoding', 'gzip, chunked'] }, 501],
    ['another version', { version: '2.0' }, 505],
    ['too many fields', { fields: ['Host', 'a', ...Array.from({ length: 20 }, () => 'x')] }, 431],
  ])('refuses %s', (_name, changes, status) => {
    expect(() => readHead({ ...parsed, ...changes }, 10)).toThrow(expect.objectContaining({ status }))
  })
})
