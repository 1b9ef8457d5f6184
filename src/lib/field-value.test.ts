import { describe, expect, it } from 'vitest'
import { isDoubtfulFraming, listMembers, withoutBlanks } from './field-value.ts'

describe('withoutBlanks()', () => {
  it.each([
    ['', ''],
    [' \t ', ''],
    ['\t a b\t ', 'a b'],
    ['\xa0a\x85', '\xa0a\x85'],
    [' \x0ba\f', '\x0ba\f'],
  ])('%j is %j', (text, value) => {
    expect(withoutBlanks(text)).toBe(value)
  })

  it('takes a part of a text', () => {
    expect(withoutBlanks('a: b \r\n', 2, 5)).toBe('b')
    expect(withoutBlanks('a:   ', 2, 5)).toBe('')
  })
})

describe('isDoubtfulFraming()', () => {
  it.each([
    ['Content-Length', ' 4', false],
    ['Content-Length', ' 4\t', true],
    ['transfer-encoding', '\tchunked', true],
    ['transfer-encoding', 'gzip,\tchunked', true],
    ['x-content-type', '\t4', false],
  ])('%s:%j: %s', (name, value, isDoubtful) => {
    expect(isDoubtfulFraming(name, `${value}\t`, 0, value.length)).toBe(isDoubtful)
  })
})

describe('listMembers()', () => {
  it.each([
    ['close', ['close']],
    ['Keep-Alive ,\tUpgrade', ['keep-alive', 'upgrade']],
    ['not-close, close\xa0', ['not-close', 'close\xa0']],
    [',close', ['', 'close']],
  ])('of %j are %j', (value, members) => {
    expect(listMembers(value)).toEqual(members)
  })
})
