import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SseFramer } from './sse.ts'
import type { SseFrame } from './sse.ts'

const LIMIT = 1024 * 1024

/** Frames of a stream that arrives in these chunks; bytes copied, because frames are views. */
function frames(chunks: readonly Buffer[], limit = LIMIT): { event: string; data: string; text: string }[] {
  const framer = new SseFramer(limit)
  const seen: { event: string; data: string; text: string }[] = []
  const take = (frame: SseFrame): void => {
    seen.push({ event: frame.event, data: frame.data, text: frame.bytes.toString('utf8') })
  }
  for (const chunk of chunks) framer.feed(chunk, take)
  framer.end(take)
  return seen
}

function fields(text: string): [event: string, data: string][] {
  return frames([Buffer.from(text)]).map(({ event, data }) => [event, data])
}

/** Cuts a buffer at these offsets, which wrap around its length. */
function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const cuts = [...new Set(offsets.map((offset) => offset % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length))
}

describe('SseFrame', () => {
  it('reads event and data with and without the space behind the colon', () => {
    expect(fields('event: a\ndata: 1\n\nevent:b\ndata:2\n\n')).toEqual([
      ['a', '1'],
      ['b', '2'],
    ])
  })

  it('takes only one space off a value', () => {
    expect(fields('data:  x\n\n')).toEqual([['', ' x']])
  })

  it('joins several data lines with newlines', () => {
    expect(fields('data: {"a":\ndata:1}\ndata\ndata: \n\n')).toEqual([['', '{"a":\n1}\n\n']])
  })

  it('ignores comments, id, retry and fields that only begin like event and data', () => {
    expect(fields(': keep-alive\nid: 7\nretry: 10\nevents: x\ndatabase: y\ndata: z\n\n')).toEqual([['', 'z']])
  })

  it('has no data for a comment alone', () => {
    expect(fields(': ping\n\n')).toEqual([['', '']])
  })

  it('lets a later event field win', () => {
    expect(fields('event: a\nevent: b\ndata: 1\n\n')).toEqual([['b', '1']])
  })

  it('reads CRLF and CR line ends within an event', () => {
    expect(fields('event: a\r\ndata: 1\r\ndata: 2\r\n\r\n')).toEqual([['a', '1\n2']])
    expect(fields('event: a\rdata: 1\n\n')).toEqual([['a', '1']])
  })
})

describe('SseFramer', () => {
  it('skips a byte order mark, even one that comes byte by byte', () => {
    const bytes = Buffer.from('\ufeffdata: 1\n\n')
    expect(frames([bytes]).map(({ data }) => data)).toEqual(['1'])
    expect(frames([...bytes].map((byte) => Buffer.of(byte))).map(({ data }) => data)).toEqual(['1'])
  })

  it('keeps a stream that begins like a byte order mark but is none', () => {
    expect(frames([Buffer.from([0xef]), Buffer.from('data: 1\n\n')])).toHaveLength(1)
  })

  it('loses no byte of the stream, blank lines between events included', () => {
    const text = '\n\ndata: 1\n\n\n\r\ndata: 2\r\n\r\n: c\n\n'
    expect(
      frames([Buffer.from(text)])
        .map((frame) => frame.text)
        .join(''),
    ).toBe(text)
  })

  it('end() counts an event without its blank line, and completes it', () => {
    expect(frames([Buffer.from('data: 1\n\ndata: 2\n')]).map((frame) => frame.text)).toEqual([
      'data: 1\n\n',
      'data: 2\n\n',
    ])
  })

  it('end() drops a line that was cut and blank lines', () => {
    expect(fields('data: 1\n\ndata: 2')).toEqual([['', '1']])
    expect(fields('data: 1\n\n\n\n')).toEqual([['', '1']])
  })

  it('keeps a character whole whose bytes come one by one', () => {
    const bytes = Buffer.from('data: "😀é"\n\n')
    expect(frames([...bytes].map((byte) => Buffer.of(byte)))[0]?.data).toBe('"😀é"')
  })

  it('does not look at a chunk again after feed() returned', () => {
    const framer = new SseFramer(LIMIT)
    const seen: string[] = []
    const reused = Buffer.from('data: 1')
    framer.feed(reused, () => seen.push('early'))
    reused.fill(0)
    framer.feed(Buffer.from('2\n\n'), (frame) => seen.push(frame.data))
    expect(seen).toEqual(['12'])
  })

  it('does not write to the bytes of frames that it handed out', () => {
    const framer = new SseFramer(LIMIT)
    const kept: Buffer[] = []
    const take = (frame: SseFrame): void => void kept.push(frame.bytes)
    framer.feed(Buffer.from('data: 1'), take)
    framer.feed(Buffer.from('\n\ndata: 2'), take)
    framer.feed(Buffer.from('345678901234567890\n\n'), take)
    expect(kept.map(String)).toEqual(['data: 1\n\n', 'data: 2345678901234567890\n\n'])
  })

  it('refuses an event above the limit, whole or unfinished', () => {
    const event = Buffer.from(`data: ${'x'.repeat(100)}\n\n`)
    expect(() => frames([event], 50)).toThrow(expect.objectContaining({ code: 'upstream_too_large' }))
    expect(() => frames([event.subarray(0, 60)], 50)).toThrow(expect.objectContaining({ code: 'upstream_too_large' }))
    expect(frames([event, event], event.length)).toHaveLength(2)
  })

  it('reports how many bytes wait', () => {
    const framer = new SseFramer(LIMIT)
    framer.feed(Buffer.from('data: 1\n\ndata'), () => {})
    expect(framer.pendingBytes).toBe(4)
  })

  it('gives the same frames however the bytes are cut (property)', () => {
    const line = fc.constantFrom('event: a', 'event:b', 'data: {"x":"é😀"}', 'data:1', ': c', 'id: 1', 'junk', '')
    const lineEnd = fc.constantFrom('\n', '\r\n')
    const stream = fc
      .tuple(fc.constantFrom('', '\ufeff'), fc.array(fc.tuple(line, lineEnd), { maxLength: 20 }))
      .map(([mark, lines]) => Buffer.from(mark + lines.flat().join('')))
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (bytes, offsets) => {
        expect(frames(cut(bytes, offsets))).toEqual(frames([bytes]))
      }),
      { numRuns: 500 },
    )
  })
})
