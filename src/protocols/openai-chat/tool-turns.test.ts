import { describe, expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import { LossList } from '../../canonical/loss.ts'
import type { Message } from '../../canonical/request.ts'
import { toJsonText } from '../../lib/json.ts'
import { settleToolTurns } from './tool-turns.ts'

const message = (role: Message['role'], parts: readonly Part[]): Message => ({ role, parts, name: null, ext: null })

describe('settleToolTurns()', () => {
  it('takes a time in proportion to the calls', () => {
    const ids = Array.from({ length: 200_000 }, (_, at) => `call ${at}`)
    const calls = ids.map((id): Part => ({
      kind: 'tool-call',
      id,
      name: 'a',
      input: toJsonText({}),
      invalid: false,
      cache: null,
      ext: null,
    }))
    const results = ids.map((callId): Part => ({
      kind: 'tool-result',
      callId,
      content: [],
      isError: false,
      cache: null,
      ext: null,
    }))
    const losses = new LossList()
    const settled = settleToolTurns([message('assistant', calls), message('user', results)], losses)
    expect(settled).toHaveLength(1 + ids.length)
    expect(losses.size).toBe(0)
  })
})
