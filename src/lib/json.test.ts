import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeJsonString,
  JsonObjectWriter,
  JsonScanError,
  jsonArray,
  replaceLoneSurrogates,
  scanJson,
  scanJsonBytes,
  stringToJson,
  toJsonText,
} from './json.ts'
import { scanBytes } from './json-bytes.ts'
import type { JsonNode, JsonText, JsonValue } from './json.ts'

const literal = (text: string): JsonText => text as JsonText

/** What `scanJson` says about a text: its value as `JSON.parse` would build it, or the reason of its refusal. */
function scanned(text: string): JsonValue | JsonScanError {
  try {
    return valueOf(scanJson(text))
  } catch (thrown) {
    if (thrown instanceof JsonScanError) return thrown
    throw thrown
  }
}

function valueOf(node: JsonNode): JsonValue {
  switch (node.kind) {
    case 'object':
      // A later duplicate wins, as in `JSON.parse`; `__proto__` is a member like any other.
      return Object.fromEntries(node.members.map(({ name, value }) => [name, valueOf(value)]))
    case 'array':
      return node.items.map(valueOf)
    case 'string':
      return node.string ?? ''
    case 'number':
      return node.number ?? 0
    case 'boolean':
      return node.boolean ?? false
    case 'null':
      return null
    default:
      return node.kind satisfies never
  }
}

describe('scanJson()', () => {
  it('keeps the literal of every value as the source has it', () => {
    const root = scanJson(' { "n" : 12345678901234567890 , "f": 1.0, "s":"a\\u00e9" , "o": {"b":1, "a":[ ]} } ')
    expect(root.get('n')?.raw).toBe('12345678901234567890')
    expect(root.get('f')?.raw).toBe('1.0')
    expect(root.get('s')?.raw).toBe('"a\\u00e9"')
    expect(root.get('s')?.string).toBe('aé')
    expect(root.get('o')?.raw).toBe('{"b":1, "a":[ ]}')
    expect(root.get('missing')).toBeUndefined()
  })

  it('reports offsets of values and names', () => {
    const source = '{"a": [1, "x"]}'
    const root = scanJson(source)
    expect(root.members[0]?.nameStart).toBe(1)
    const item = root.get('a')?.items[1]
    expect(source.slice(item?.start, item?.end)).toBe('"x"')
  })

  it('gives byte offsets for the latin1 view of UTF-8', () => {
    const bytes = Buffer.from('{"é😀":"ü","model":"x"}')
    const model = scanJson(bytes.toString('latin1')).get('model')
    expect(bytes.subarray(model?.start, model?.end).toString()).toBe('"x"')
  })

  it('skips a byte order mark in both views', () => {
    expect(scanned('\ufeff{}')).toEqual({})
    expect(scanned(Buffer.from('\ufeff{}').toString('latin1'))).toEqual({})
  })

  it('get() refuses a name that occurs twice, in any spelling, and index() does not look deeper', () => {
    const twice = expect.objectContaining({ reason: 'duplicate-key' })
    expect(() => scanJson('{"a":1,"a":2}').get('b')).toThrow(twice)
    expect(() => scanJson('{"a":1,"\\u0061":2}').get('a')).toThrow(twice)
    expect(scanJson('{"a":{"b":1,"b":2}}').get('a')?.kind).toBe('object')
  })

  it('counts depth from the root and refuses what is nested deeper', () => {
    expect(() => scanJson('[[1]]', { maxDepth: 2 })).not.toThrow()
    expect(() => scanJson('[[[1]]]', { maxDepth: 2 })).toThrow(expect.objectContaining({ reason: 'depth' }))
  })

  it('refuses nesting of 100,000 levels without exhausting the stack', () => {
    expect(() => scanJson('['.repeat(100_000))).toThrow(expect.objectContaining({ reason: 'depth' }))
    expect(() => scanJson('{"a":'.repeat(100_000))).toThrow(expect.objectContaining({ reason: 'depth' }))
  })

  it('says where the syntax breaks', () => {
    expect(() => scanJson('{"a":1,}')).toThrow(expect.objectContaining({ reason: 'syntax', offset: 7 }))
    expect(() => scanJson('')).toThrow(/end of the text/)
  })

  it.each([
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '--1',
    'nul',
    'tru',
    'NaN',
    "{'a':1}",
    '{a:1}',
    '[1,]',
    '[,1]',
    '{,}',
    '"\t"',
    `"${'x'.repeat(40)}\n"`,
    '"\\x"',
    '"\\u12g4"',
    '"abc',
    `"${'x'.repeat(40)}`,
    '"a\\',
    '1 2',
    '[1 2]',
    '{"a" 1}',
    '{"a":}',
    '\u00a01',
    '\v1',
    '/**/1',
  ])('refuses %j', (text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    expect(scanned(text)).toBeInstanceOf(JsonScanError)
  })

  it('reads whatever JSON.stringify writes as JSON.parse does (property)', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent)
        expect(scanned(spaced)).toEqual(JSON.parse(spaced))
      }),
    )
  })

  it('accepts exactly what JSON.parse accepts (property)', () => {
    const pieces = '{ } [ ] , : " \\ \\u00e9 \\ud83d \\n 0 - 1 .5 e3 E+ true false null a "a" é \u0001'.split(' ')
    const token = fc.constantFrom(' ', '\n', '\t', 'x'.repeat(30), ...pieces)
    const text = fc.oneof(
      fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join('')),
      // One damaged character in a valid text finds more than random text does.
      fc.tuple(fc.json(), fc.nat(), token).map(([json, at, piece]) => {
        const index = at % (json.length + 1)
        return json.slice(0, index) + piece + json.slice(index + 1)
      }),
    )
    fc.assert(
      fc.property(text, (candidate) => {
        let expected: JsonValue | undefined
        try {
          expected = JSON.parse(candidate) as JsonValue
        } catch {
          expected = undefined
        }
        const actual = scanned(candidate)
        if (expected === undefined) expect(actual).toBeInstanceOf(JsonScanError)
        else expect(actual).toEqual(expected)
      }),
      { numRuns: 3000 },
    )
  })
})

/** Everything that a node says about itself and what is in it. `slice` gives the text at a position. */
function told(node: JsonNode, slice: (start: number, end: number) => string): unknown {
  return {
    kind: node.kind,
    raw: node.raw,
    value: node.decode(),
    span: slice(node.start, node.end),
    names: node.members.map(({ name, nameStart }) => [name, slice(nameStart, nameStart + 1)]),
    children: [...node.members.map(({ value }) => value), ...node.items].map((child) => told(child, slice)),
  }
}

describe('scanJsonBytes()', () => {
  it('reads strings as UTF-8 and counts positions in bytes', () => {
    const bytes = Buffer.from('{"é😀":"ü\\n","model":"x","long":"' + 'ä'.repeat(40) + '"}')
    const root = scanJsonBytes(bytes)
    expect(root.get('é😀')?.string).toBe('ü\n')
    expect(root.get('long')?.string).toBe('ä'.repeat(40))
    const model = root.get('model')
    expect(bytes.toString('utf8', model?.start, model?.end)).toBe('"x"')
    expect(Buffer.from(model?.latin1 ?? '', 'latin1').toString()).toBe('"x"')
  })

  it('reads bytes that are no UTF-8 as a decoder would', () => {
    const bytes = Buffer.from('7b2261223a22c3e922 7d'.replace(' ', ''), 'hex')
    expect(scanJsonBytes(bytes).get('a')?.raw).toBe('"\ufffd\ufffd"')
  })

  it('skips a byte order mark, and says whether there is white space between tokens', () => {
    expect(scanJsonBytes(Buffer.from('\ufeff{"a b":[1]}')).isCompact).toBe(true)
    expect(scanJsonBytes(Buffer.from('{"a":[1, 2]}')).isCompact).toBe(false)
    expect(scanJson('{"a":"b c"}').isCompact).toBe(true)
    expect(scanJson('{"a":"b"}\n').isCompact).toBe(false)
  })

  it('refuses what scanJson() refuses, with the same words', () => {
    expect(() => scanJsonBytes(Buffer.from('{"a":1,}'))).toThrow(
      expect.objectContaining({ reason: 'syntax', offset: 7 }),
    )
    expect(() => scanJsonBytes(Buffer.from('[[[1]]]'), { maxDepth: 2 })).toThrow(
      expect.objectContaining({ reason: 'depth' }),
    )
    expect(() => scanJsonBytes(Buffer.from('['.repeat(100_000)))).toThrow(expect.objectContaining({ reason: 'depth' }))
  })

  // Long runs of plain text with something else at any place of the eight bytes that are looked at together.
  const plain = fc.integer({ min: 0, max: 50 }).map((length) => 'x'.repeat(length))
  const odd = fc.constantFrom(
    '"',
    '\\',
    '\n',
    '\u0000',
    '\u001f',
    ' ',
    '!',
    '#',
    '[',
    ']',
    '\u007f',
    'é',
    '€',
    '😀',
    '\ud83d',
  )
  const longText = fc
    .array(fc.tuple(plain, odd), { maxLength: 6 })
    .map((runs) => runs.map(([run, character]) => run + character).join(''))

  it('reads any JSON as scanJson() does (property)', () => {
    const value = fc.oneof(fc.jsonValue(), fc.array(fc.tuple(longText, longText)))
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2), (json, indent) => {
        const text = JSON.stringify(json, null, indent)
        const bytes = Buffer.from(text)
        const [fast, slow] = [scanJsonBytes(bytes), scanJson(text)]
        expect(told(fast, (start, end) => bytes.toString('utf8', start, end))).toEqual(
          told(slow, (start, end) => text.slice(start, end)),
        )
        expect(fast.isCompact).toBe(slow.isCompact)
      }),
    )
  })

  it('accepts exactly what scanJson() accepts (property)', () => {
    const damaged = fc.tuple(
      fc.oneof(
        fc.json(),
        longText.map((text) => JSON.stringify([text])),
      ),
      fc.nat(),
      odd,
    )
    fc.assert(
      fc.property(damaged, ([json, at, character]) => {
        const index = at % (json.length + 1)
        const text = `${json.slice(0, index)}${character}${json.slice(index + 1)}`.toWellFormed()
        expect(scanBytes(Buffer.from(text), 256) !== null).toBe(!(scanned(text) instanceof JsonScanError))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('stringToJson()', () => {
  it('writes a lone surrogate as U+FFFD', () => {
    expect(stringToJson('a\ud83db')).toBe('"a\ufffdb"')
    expect(stringToJson('😀')).toBe('"😀"')
  })

  it('is undone by decodeJsonString() (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeJsonString(stringToJson(text))).toBe(text)
      }),
    )
  })
})

describe('JsonObjectWriter', () => {
  it('writes members in order, escapes names and leaves null out', () => {
    const writer = new JsonObjectWriter()
    expect(writer.isEmpty).toBe(true)
    expect(writer.text).toBe('{}')
    writer.add('b', literal('1.0')).add('a"', literal('[]')).add('none', null)
    expect(writer.isEmpty).toBe(false)
    expect(writer.text).toBe('{"b":1.0,"a\\"":[]}')
  })
})

describe('jsonArray()', () => {
  it('joins literals', () => {
    expect(jsonArray([])).toBe('[]')
    expect(jsonArray([literal('1'), toJsonText({ a: 'x' })])).toBe('[1,{"a":"x"}]')
  })
})

describe('replaceLoneSurrogates()', () => {
  it.each([
    ['"\\ud83d\\ude00"', '"\\ud83d\\ude00"'],
    ['"\\uD83D\\uDE00"', '"\\uD83D\\uDE00"'],
    ['"a\\ud83d"', '"a\\ufffd"'],
    ['"\\ude00\\ud83d"', '"\\ufffd\\ufffd"'],
    ['"\\ud83d\\ud83d\\ude00"', '"\\ufffd\\ud83d\\ude00"'],
    ['"\\\\ud83d"', '"\\\\ud83d"'],
    ['{"a":"\\"\\ud83d\\n"}', '{"a":"\\"\\ufffd\\n"}'],
  ])('%s becomes %s', (json, expected) => {
    expect(replaceLoneSurrogates(literal(json))).toBe(expected)
  })

  it('leaves a well-formed text and changes nothing else (property)', () => {
    const escaped = fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text))
    fc.assert(
      fc.property(escaped, (json) => {
        const text = decodeJsonString(replaceLoneSurrogates(literal(json)))
        expect(text).toBe((JSON.parse(json) as string).toWellFormed())
      }),
    )
  })
})
