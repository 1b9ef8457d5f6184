import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { anthropicVendor } from './anthropic/vendor.ts'
import { parseFault } from './fault.ts'
import type { Playback, PlaybackContext } from './playback.ts'
import { errorPlayback, streamPlayback, wholePlayback } from './playback.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import type { Settings } from './settings.ts'

const EVENTS = { events: ['a', 'b', 'c', 'd'].map((name) => ({ text: `data: ${name}\n\n`, token: true })), endsAt: 2 }

function context(settings: Partial<Settings> = {}): PlaybackContext {
  const merged = { ...DEFAULT_SETTINGS, ...settings }
  return { vendor: anthropicVendor, settings: merged, fault: merged.fault, requestId: 'req_1' }
}

function stream(settings: Partial<Settings> = {}): Playback {
  return streamPlayback(context(settings), EVENTS, undefined)
}

function texts({ writes }: Playback): string {
  return writes.map(({ data }) => data.toString()).join('|')
}

const name = (event: string): string => `data: ${event}\n\n`

describe('streamPlayback()', () => {
  it('writes every event by itself', () => {
    expect(texts(stream())).toBe(['a', 'b', 'c', 'd'].map(name).join('|'))
  })

  it.each([
    ['cut:2', [name('a'), name('b')], 'reset'],
    ['fin:1', [name('a')], 'close'],
    ['end:3', [name('a'), name('b'), name('c')], 'end'],
    ['stall:0', [], 'stall'],
    ['tear:1', [name('a'), 'data'], 'end'],
    ['garbage:1', [name('a'), anthropicVendor.garbage, name('c'), name('d')], 'end'],
    ['error:1', [name('a'), anthropicVendor.errorEvent({ status: 529, message: 'Overloaded' }, 'req_1')], 'end'],
    ['truncated', [name('a'), name('b')], 'end'],
    ['no-stop', [name('a'), name('b'), name('c')], 'end'],
  ])('breaks with %s', (fault, writes, ending) => {
    const playback = stream({ fault: parseFault(fault) })
    expect(texts(playback)).toBe(writes.join('|'))
    expect(playback.ending).toBe(ending)
  })

  it('gathers events into batches, puts pings between them and ends lines with CRLF', () => {
    const playback = stream({ batch: 3, pings: 2, crlf: true })
    const ping = anthropicVendor.ping.replaceAll('\n', '\r\n')
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((event) => `data: ${event}\r\n\r\n`)
    expect(texts(playback)).toBe(`${a}${b}${ping}|${c}${d}`)
  })

  it('holds back what follows a number of events', () => {
    const until = Promise.resolve()
    const { writes } = streamPlayback(context({ batch: 9 }), EVENTS, { afterEvents: 1, until })
    expect(writes.map(({ after, data }) => [data, after])).toEqual([
      [name('a'), null],
      [`${name('b')}${name('c')}${name('d')}`, until],
    ])
  })
})

describe('wholePlayback()', () => {
  const BODY = '{"a":"bcdef"}'

  it('announces the length of the body', () => {
    const { headers, writes } = wholePlayback(context(), '{"a":"é"}', 0)
    expect(headers).toMatchObject({ 'content-length': '10', 'x-ucr-simulator': '1', 'request-id': 'req_1' })
    expect(writes).toHaveLength(1)
  })

  it.each([
    ['cut:1', 6, '13', 'reset'],
    ['cut:0', 0, '13', 'reset'],
    ['fin:1', 6, '13', 'close'],
    ['stall:1', 6, '13', 'stall'],
    ['garbage:1', 6, '6', 'end'],
    ['truncated', 6, '6', 'end'],
  ])('breaks with %s', (fault, bytes, length, ending) => {
    const playback = wholePlayback(context({ fault: parseFault(fault) }), BODY, 0)
    expect(playback.writes[0]?.data).toHaveLength(bytes)
    expect(playback.headers['content-length']).toBe(length)
    expect(playback.ending).toBe(ending)
  })

  it('takes as long as the stream would', () => {
    expect(wholePlayback(context({ head: 1, ttft: 10, gap: 2 }), BODY, 5).pace).toMatchObject({ head: 19, ttft: 0 })
  })

  it('compresses', () => {
    const { headers, writes } = wholePlayback(context({ encoding: 'gzip' }), BODY, 0)
    expect(headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(writes[0]?.data ?? '').toString()).toBe(BODY)
  })
})

describe('errorPlayback()', () => {
  it("gives the vendor's JSON, or what a proxy in front of it would say", () => {
    const problem = { status: 503, message: 'busy' }
    expect(JSON.parse(texts(errorPlayback(context(), problem)))).toMatchObject({ error: { message: 'busy' } })
    const html = errorPlayback(context({ body: 'html', retryAfter: '7' }), problem)
    expect(html.headers).toMatchObject({ 'content-type': 'text/html', 'retry-after': '7' })
    expect(texts(html)).toMatch(/^<html>/)
    expect(texts(errorPlayback(context({ body: 'empty' }), problem))).toBe('')
  })
})
