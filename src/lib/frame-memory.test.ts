import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameMemory } from './frame-memory.ts'
import { isJsonObject } from './json-bytes.ts'
import { dataStart } from './sse-data.ts'

const frame = (json: string): Buffer => Buffer.from(`event: x\ndata: ${json}\n\n`)
const delta = (text: string): Buffer => frame(`{"type":"delta","index":0,"delta":{"text":${text}},"usage":null}`)

function memoryOf(...frames: readonly Buffer[]): FrameMemory {
  const memory = new FrameMemory()
  for (const bytes of frames) memory.learn(bytes)
  return memory
}

describe('FrameMemory', () => {
  it('knows what differs in one string from two that did', () => {
    const memory = memoryOf(delta('"one"'), delta('"other"'))
    for (const text of ['"third"', '""', '"one"', '"o\\"n\\\\e\\u00e9"', '"é😀"', '"a longer one: {}"']) {
      expect(memory.fits(delta(text)), text).toBe(true)
    }
    expect(delta('"').subarray(0, memory.head).toString()).toMatch(/"text":"$/)
  })

  it('knows its like from two that were the same, by their last string', () => {
    const memory = memoryOf(delta('"one"'), delta('"one"'))
    for (const text of ['"one"', '"two"']) expect(memory.fits(delta(text))).toBe(true)
    expect(memory.fits(delta('1'))).toBe(false)
  })

  it.each([
    ['a quote', '"a"b"'],
    ['a line end', '"a\nb"'],
    ['half an escape', '"a\\"'],
    ['an escape that there is not', '"a\\x"'],
    ['no quotes', '1'],
    ['another member', '"a","b":1'],
  ])('does not know %s', (_what, text) => {
    expect(memoryOf(delta('"one"'), delta('"two"')).fits(delta(text))).toBe(false)
  })

  it('does not know what differs elsewhere, nor before it learned', () => {
    const memory = memoryOf(delta('"one"'), delta('"two"'))
    expect(memory.fits(frame('{"type":"delta","index":1,"delta":{"text":"one"},"usage":null}'))).toBe(false)
    expect(memory.fits(frame('{"type":"delta","index":0,"delta":{"text":"one"},"usage":1}'))).toBe(false)
    expect(memory.fits(Buffer.alloc(0))).toBe(false)
    expect(memoryOf(delta('"one"')).fits(delta('"two"'))).toBe(false)
    expect(new FrameMemory().fits(delta('"one"'))).toBe(false)
    memory.forget()
    expect(memory.fits(delta('"one"'))).toBe(false)
  })

  it('knows what differs in several strings', () => {
    const both = (one: string, two: string): Buffer => frame(`{"a":"${one}","same":"x","b":["${two}"]}`)
    const memory = memoryOf(both('1', '22'), both('22', '333'))
    expect(memory.fits(both('', 'x\\"y'))).toBe(true)
    expect(memory.fits(both('a"', 'x'))).toBe(false)
    expect(memory.fits(both('a', 'x\\'))).toBe(false)
    expect(memory.fits(frame('{"a":"1","same":"y","b":["2"]}'))).toBe(false)
  })

  it('takes no name for a value, and no number for a string', () => {
    const [usage, other] = [frame('{"usage":"a"}'), frame('{"other":"a"}')]
    expect(memoryOf(other, usage).fits(frame('{"error":"a"}'))).toBe(false)
    expect(memoryOf(frame('{"a":1,"b":"x"}'), frame('{"a":2,"b":"x"}')).fits(frame('{"a":3,"b":"x"}'))).toBe(false)
  })

  it('gives up on streams in which more than that changes', () => {
    const memory = new FrameMemory()
    const learned = Array.from({ length: 40 }, (_, index) => memory.learn(frame(`{"a":"${index}","b":${index}}`)))
    expect(learned[0]).toBe(true)
    expect(learned.at(-1)).toBe(false)
  })

  it('never takes for JSON what is none (property)', () => {
    const event = fc.record({ text: fc.string(), more: fc.option(fc.string()), deep: fc.record({ text: fc.string() }) })
    const change = fc.constantFrom('', '"', '\\', '{', '}', ',', ':', '0', '\n', 'x')
    fc.assert(
      fc.property(event, event, event, fc.nat(), fc.nat(3), change, (one, two, three, place, length, by) => {
        const memory = memoryOf(frame(JSON.stringify(one)), frame(JSON.stringify({ ...one, deep: two.deep })))
        const text = JSON.stringify({ ...one, deep: three.deep })
        const at = place % (text.length + 1)
        const changed = frame(`${text.slice(0, at)}${by}${text.slice(at + length)}`)
        if (memory.fits(changed)) expect(isJsonObject(changed, dataStart(changed))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
