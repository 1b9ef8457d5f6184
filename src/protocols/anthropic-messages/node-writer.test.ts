import { describe, expect, it } from 'vitest'
import { scanJson, toJsonText } from '../../lib/json.ts'
import { ExtCollector } from './ext-collector.ts'
import { NodeWriter } from './node-writer.ts'
import { ext } from './test-support.ts'
import { literal } from './wire.ts'

describe('NodeWriter', () => {
  it('writes typed fields first, and everything collected behind them', () => {
    const collected = new ExtCollector().rest(scanJson('{"a":1,"z":2.0,"$odd":3}'), new Set(['a'])).ext
    expect(new NodeWriter(collected).add('a', literal('1')).add('b', null).finish()).toBe('{"a":1,"z":2.0,"$odd":3}')
  })

  it('writes a kept field instead of the typed value, and a hint only where that is absent', () => {
    const collected = new ExtCollector().keep('a', scanJson('"kept"')).hint('b', literal('null')).ext
    const write = (a: string | null, b: string | null): string =>
      new NodeWriter(collected)
        .add('a', a === null ? null : literal(a))
        .add('b', b === null ? null : literal(b))
        .finish()
    expect(write('1', '2')).toBe('{"b":2,"a":"kept"}')
    expect(write(null, null)).toBe('{"b":null,"a":"kept"}')
  })

  it('brings fields of nested nodes back to where they stood', () => {
    const root = scanJson('{"outer":{"x":1,"inner":{"y":2}},"other.x":3}')
    const outer = root.get('outer')
    const collector = new ExtCollector().rest(root, new Set(['outer']))
    if (outer !== undefined) collector.rest(outer, new Set(['inner']), 'outer.')
    collector.keep('y', scanJson('2'), 'outer.inner.')
    const written = new NodeWriter(collector.ext)
      .nested('outer', collector.ext, (node) => node.nested('inner', collector.ext, (inner) => inner.add('z', null)))
      .nested('empty', collector.ext, (node) => node.add('z', null))
      .finish()
    expect(JSON.parse(written)).toEqual({ outer: { x: 1, inner: { y: 2 } }, 'other.x': 3 })
  })

  it('leaves out what came in another protocol', () => {
    expect(new NodeWriter(ext({ logprobs: true, $a: null })).add('a', null).add('b', toJsonText(1)).finish()).toBe(
      '{"b":1}',
    )
  })
})
