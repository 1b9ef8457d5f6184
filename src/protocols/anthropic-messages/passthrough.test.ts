import { describe, expect, it } from 'vitest'
import { passthrough } from './passthrough.ts'

const CONTEXT = { requestedModel: 'up', includeUsage: true, maxEventBytes: 1000 }
const BODY =
  '{"id":"msg_1","type":"message","role":"assistant","model":"up","content":[{"type":"text","text":"é😀"}],"stop_reason":"stop_sequence","stop_sequence":"ü","usage":{"input_tokens":3,"output_tokens":4}}'

describe('passthrough.whole()', () => {
  it('gives the bytes as they came, and reads usage and finish', () => {
    const body = Buffer.from(BODY)
    const reply = passthrough.whole(body, CONTEXT)
    expect(reply.body).toBe(body)
    expect(reply).toMatchObject({
      usage: { input: { total: 3 }, output: { total: 4 } },
      finish: { reason: 'stop-sequence', stopSequence: 'ü' },
    })
  })

  it('writes the model asked for where it differs', () => {
    const reply = passthrough.whole(Buffer.from(BODY), { ...CONTEXT, requestedModel: 'aliäs' })
    expect(reply.body.toString()).toBe(BODY.replace('"up"', '"aliäs"'))
  })

  it('throws the error that a 200 holds, and for anything that is no message', () => {
    const error = Buffer.from('{"type":"error","error":{"type":"overloaded_error","message":"Büsy"}}')
    expect(() => passthrough.whole(error, CONTEXT)).toThrow(
      expect.objectContaining({ code: 'upstream_overloaded', message: 'Büsy' }),
    )
    for (const body of ['{"choices":[]}', '<html>', '[]', '']) {
      expect(() => passthrough.whole(Buffer.from(body), CONTEXT)).toThrow(
        expect.objectContaining({ code: 'upstream_invalid_response' }),
      )
    }
  })
})

describe('passthrough.requestHeaders', () => {
  it('has nothing that authenticates', () => {
    expect(passthrough.requestHeaders).toEqual(['anthropic-version', 'anthropic-beta'])
  })
})
