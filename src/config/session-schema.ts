import * as z from 'zod/mini'
import { redisUrl } from './redis-schema.ts'
import { choice, decimal, duration, flag, section, size, whole } from './scalars.ts'

const MOST = 10_000_000

/** Conversations that the gateway keeps for clients that name them. */
export const sessions = section(
  'Conversations that the gateway keeps. All but `store` and `redis` takes effect at once when it changes.',
  {
    store: z.prefault(
      choice(['sqlite', 'memory', 'redis', 'off'], {
        description:
          "Where: in a file of the user's state folder, in this process until it ends, in Redis or Valkey. `off`: nowhere, and requests that name a session are like all others.",
      }),
      'sqlite',
    ),
    ttl: z.prefault(duration({ description: 'How long a session lives after it was last used.' }), '1h'),
    max: z.prefault(
      whole({
        expected: 'a whole number from 1 up',
        minimum: 1,
        maximum: MOST,
        description:
          'Sessions of all keys together. Over it the least recently used one of the key with the most goes.',
      }),
      1000,
    ),
    sweepInterval: z.prefault(duration({ description: 'How often sessions whose time is over are removed.' }), '5m'),
    maxMessages: z.prefault(
      whole({
        expected: 'a whole number from 2 up',
        minimum: 2,
        maximum: MOST,
        description: 'Messages in one history. Over it the oldest go.',
      }),
      1000,
    ),
    maxBytes: z.prefault(
      size({ description: 'Bytes of one history, before it is compressed. Over it the oldest messages go.' }),
      '16mb',
    ),
    memoryThreshold: z.prefault(
      decimal({
        expected: 'a number from 0 to 1',
        minimum: 0,
        maximum: 1,
        description:
          'Share of memory, as in `memory`, above which sessions go that `memory` keeps, the least recently used first.',
      }),
      0.8,
    ),
    compression: z.prefault(flag({ description: 'Keep histories compressed (zstd).' }), true),
    redis: z.prefault(
      section('Where Redis or Valkey is, if not at `redis.url`.', {
        url: z.exactOptional(redisUrl('Its URL. `redis.url` when left out.')),
      }),
      {},
    ),
  },
)
