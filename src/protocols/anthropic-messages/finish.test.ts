import { describe, expect, it } from 'vitest'
import { decodeFinish, encodeFinish } from './finish.ts'

const NONE = { client: false, output: false }

describe('decodeFinish()', () => {
  it('takes an answer without a reason for a stop, or for a call where one was made', () => {
    expect(decodeFinish(null, null, null, NONE)).toMatchObject({ reason: 'stop', raw: null })
    expect(decodeFinish(null, null, null, { client: true, output: false })).toMatchObject({ reason: 'tool-call' })
  })

  it('takes a call of only the output tool for a stop', () => {
    expect(decodeFinish('tool_use', null, null, { client: false, output: true })).toMatchObject({ reason: 'stop' })
    expect(decodeFinish('tool_use', null, null, { client: true, output: true })).toMatchObject({ reason: 'tool-call' })
    expect(decodeFinish('max_tokens', null, null, { client: false, output: true })).toMatchObject({ reason: 'length' })
  })
})

describe('encodeFinish()', () => {
  it("keeps this protocol's own word, known or not", () => {
    const finish = decodeFinish('compaction', null, null, NONE)
    expect(encodeFinish(finish, true, false).stopReason).toBe('"compaction"')
    expect(encodeFinish(finish, false, false).stopReason).toBe('"end_turn"')
  })
})
