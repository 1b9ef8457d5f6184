import * as z from 'zod/mini'
import { choice, duration, flag, section, size, whole } from './scalars.ts'

const MOST_ENTRIES = 10_000_000

const entries = (description: string) =>
  whole({ expected: 'a number of entries, 0 for none', minimum: 0, maximum: MOST_ENTRIES, description })

/** What the gateway remembers so that it need not find it out, or ask for it, again. */
export const cache = section('What is remembered. Sizes and times take effect at once when they change.', {
  l1: z.prefault(
    section('The hot tier for token counts, lists of models and recognised requests.', {
      max: z.prefault(entries('Entries.'), 100),
      ttl: z.prefault(duration({ description: 'How long each is kept; 0: not at all.' }), '1m'),
    }),
    {},
  ),
  l2: z.prefault(
    section('The warm tier behind it, which is emptied when memory runs short.', {
      max: z.prefault(entries('Entries.'), 1000),
      ttl: z.prefault(duration({ description: 'How long each is kept; 0: not at all.' }), '5m'),
    }),
    {},
  ),
  responses: z.prefault(
    section('Answers that are given again to the same key for the same request.', {
      mode: z.prefault(
        choice(['deterministic', 'all', 'off'], {
          description:
            '`deterministic`: of requests at temperature 0. `all`: of every request that is not streamed. `off`: of none.',
        }),
        'deterministic',
      ),
      max: z.prefault(entries('Answers.'), 500),
      maxBytes: z.prefault(size({ description: 'Bytes of all of them together.' }), '50mb'),
      ttl: z.prefault(duration({ description: 'How long each is kept; 0: not at all.' }), '5m'),
      toolCalls: z.prefault(flag({ description: 'Keep answers with tool calls too.' }), false),
    }),
    {},
  ),
  coalesce: z.prefault(
    flag({ description: 'Let equal cacheable requests that are under way share one call of a vendor.' }),
    true,
  ),
})
