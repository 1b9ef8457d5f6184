import * as z from 'zod/mini'
import { choice, duration, section, size, whole } from './scalars.ts'

/** Sealed reasoning that a client does not bring back. */
export const reasoning = section(
  'Reasoning that only its vendor can read and that a client may not bring back: kept, encrypted, until the client goes on. `store` takes effect after a restart.',
  {
    store: z.prefault(
      choice(['sqlite', 'memory', 'redis', 'off'], {
        description:
          "Where: in a file of the user's state folder, in each process until it ends, in Redis or Valkey (`redis.url`), nowhere.",
      }),
      'sqlite',
    ),
    ttl: z.prefault(duration({ description: 'How long it is kept.' }), '1h'),
    max: z.prefault(
      whole({
        expected: 'a whole number from 1 up',
        minimum: 1,
        maximum: 10_000_000,
        description: 'Turns whose reasoning is kept. Over it the oldest go.',
      }),
      10_000,
    ),
    maxBytes: z.prefault(size({ description: 'Bytes of all of it. Over it the oldest go.' }), '64mb'),
  },
)
