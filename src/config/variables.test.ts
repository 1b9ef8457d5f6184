import { describe, expect, it } from 'vitest'
import { expandVariables } from './variables.ts'

const environment = { KEY: 'secret', EMPTY: '', PORT: '8080', NESTED: '${KEY}' }

describe('expandVariables()', () => {
  it.each([
    ['${KEY}', 'secret'],
    ['Bearer ${KEY}!', 'Bearer secret!'],
    ['${KEY}${PORT}', 'secret8080'],
    ['${NOPE:-fallback}', 'fallback'],
    ['${NOPE:-}', ''],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${EMPTY}', ''],
    ['${KEY:-fallback}', 'secret'],
    ['${NOPE:-http://localhost:1/v1}', 'http://localhost:1/v1'],
    ['$${KEY}', '${KEY}'],
    ['$KEY', '$KEY'],
    ['100 $', '100 $'],
  ])('turns %j into %j', (text, expected) => {
    expect(expandVariables(text, environment).value).toBe(expected)
  })

  it('does not expand what a variable holds', () => {
    expect(expandVariables('${NESTED}', environment).value).toBe('${KEY}')
  })

  it('goes into lists and objects, and leaves names and other values alone', () => {
    const value = { '${KEY}': ['${KEY}', 1, null, true, { a: '${PORT}' }] }
    expect(expandVariables(value, environment).value).toEqual({ '${KEY}': ['secret', 1, null, true, { a: '8080' }] })
  })

  it('reports variables that are not set, and leaves their keys out', () => {
    const { value, missing } = expandVariables({ a: { b: '${NOPE}', c: 1 }, d: ['${ALSO_NOT}'] }, environment)
    expect(value).toEqual({ a: { c: 1 }, d: ['${ALSO_NOT}'] })
    expect(missing).toEqual([
      { path: ['a', 'b'], name: 'NOPE' },
      { path: ['d', 0], name: 'ALSO_NOT' },
    ])
  })

  it.each(['${', '${}', '${1A}', '${A B}', '${KEY', 'a ${-x}'])('reports %j, which is no reference', (text) => {
    expect(expandVariables({ a: text }, environment).missing).toEqual([{ path: ['a'], name: null }])
  })

  it('tells where variables contributed and which the file names', () => {
    const { expanded, names } = expandVariables({ a: 'plain', b: '${KEY}', c: ['${NOPE:-x}'] }, environment)
    expect([...expanded]).toEqual(['["b"]', '["c",0]'])
    expect([...names]).toEqual(['KEY', 'NOPE'])
  })

  it('treats __proto__ as any other name', () => {
    const value: unknown = expandVariables(JSON.parse('{ "__proto__": { "a": "${KEY}" } }'), environment).value
    expect(JSON.stringify(value)).toBe('{"__proto__":{"a":"secret"}}')
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false)
  })
})
