import { describe, expect, it } from 'vitest'
import type { MediaSource, Part } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'
import { scanJson, stringToJson } from '../lib/json.ts'
import { viewMessages } from './message-view.ts'

const rest = { cache: null, ext: null } as const
const text = (words: string): Part => ({
  kind: 'text',
  text: stringToJson(words),
  refusal: false,
  citations: null,
  ...rest,
})
const media = (kind: 'image' | 'document' | 'audio', source: MediaSource): Part => ({
  kind: 'media',
  media: kind,
  source,
  title: stringToJson('a.pdf'),
  context: null,
  ...rest,
})
const base64 = (mediaType: string): MediaSource => ({ type: 'base64', mediaType, data: stringToJson('AAAA') })

function viewed(role: Message['role'], ...parts: readonly Part[]): unknown {
  return viewMessages([], [{ role, parts, name: null, ext: null }]).map((each) => JSON.parse(each))
}

describe('viewMessages()', () => {
  it('shows the system prompt first, and names', () => {
    const list = viewMessages([text('a'), text('b')], [{ role: 'user', parts: [text('c')], name: 'Ann', ext: null }])
    expect(list.map((each) => JSON.parse(each))).toEqual([
      { role: 'system', content: 'ab' },
      { role: 'user', name: 'Ann', content: 'c' },
    ])
  })

  it('shows results of tools as messages of their own, failed ones as such', () => {
    const result = (callId: string, isError: boolean): Part => ({
      kind: 'tool-result',
      callId,
      content: [text('r')],
      isError,
      ...rest,
    })
    expect(viewed('user', result('1', false), result('2', true), text('a'))).toEqual([
      { role: 'tool', tool_call_id: '1', content: 'r' },
      { role: 'tool', tool_call_id: '2', content: 'r', is_error: true },
      { role: 'user', content: 'a' },
    ])
  })

  it('shows thinking without its signature, and calls with the arguments as they were', () => {
    const seal = { kind: 'signature', value: 'c2ln', origin: null } as const
    const thinking: Part = { kind: 'reasoning', text: stringToJson('hm'), seal, ...rest }
    const call = (input: string, invalid: boolean): Part => ({
      kind: 'tool-call',
      id: '1',
      name: 'f',
      input: scanJson(input).raw,
      invalid,
      ...rest,
    })
    const fn = (args: string) => ({ id: '1', type: 'function', function: { name: 'f', arguments: args } })
    expect(viewed('assistant', thinking, call('{"a":1.0}', false), call('"{bad"', true))).toEqual([
      { role: 'assistant', content: null, reasoning_content: 'hm', tool_calls: [fn('{"a":1.0}'), fn('{bad')] },
    ])
  })

  it('shows every kind of media, and what only its vendor knows', () => {
    const opaque: Part = {
      kind: 'opaque',
      protocol: 'anthropic-messages',
      type: 'x',
      raw: scanJson('{"type":"x"}').raw,
    }
    const parts = [
      media('image', { type: 'url', url: stringToJson('https://images.example/a.png') }),
      media('image', base64('image/png')),
      media('document', base64('application/pdf')),
      media('document', { type: 'text', mediaType: 'text/plain', data: stringToJson('ü') }),
      media('document', { type: 'file', id: stringToJson('file_1') }),
      media('audio', base64('audio/wav')),
      opaque,
    ]
    expect(viewed('user', text('a'), ...parts)).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: 'https://images.example/a.png' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:text/plain;base64,w7w=' } },
          { type: 'file', file: { file_id: 'file_1' } },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          { type: 'x' },
        ],
      },
    ])
  })
})
