import { describe, expect, it } from 'vitest'
import { LossList } from '../canonical/loss.ts'
import { ANTHROPIC_MESSAGES_DIALECT } from '../protocols/dialect.ts'
import { reportUnheard } from './unheard.ts'

const DIALECT = { ...ANTHROPIC_MESSAGES_DIALECT, unheard: ['metadata', 'cache_control'] } as const

function reported(body: object, dialect: Parameters<typeof reportUnheard>[1] = DIALECT): readonly string[] {
  const losses = new LossList()
  reportUnheard(JSON.stringify(body), dialect, losses)
  return losses.losses.map(({ field }) => field)
}

describe('reportUnheard()', () => {
  it('reports a field, and a mark wherever it stands', () => {
    const system = [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }]
    expect(reported({ metadata: { user_id: 'u' }, system })).toEqual(['metadata', 'cache_control'])
  })

  it('takes no word of a prompt for a field', () => {
    expect(reported({ messages: [{ role: 'user', content: '"cache_control": and "metadata":' }] })).toEqual([])
  })

  it('reports nothing of hosts that hear everything', () => {
    expect(reported({ metadata: {} }, ANTHROPIC_MESSAGES_DIALECT)).toEqual([])
  })
})
