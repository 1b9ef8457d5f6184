import { describe, expect, it } from 'vitest'
import { hasTab, listMembers, withoutBlanks } from './field-value.ts'

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

describe('hasTab()', () => {
  it.each([
    ['a: 4', 2, 4, false],
    ['a: 4\t', 2, 5, true],
    ['a: \t4', 2, 5, true],
    ['a\t: 4\r\n\t', 3, 5, false],
  ])('of %j from %d to %d: %s', (text, from, to, has) => {
    expect(hasTab(text, from, to)).toBe(has)
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
