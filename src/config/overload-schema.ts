import * as z from 'zod/mini'
import { choice, decimal, duration, list, section, size, text, whole } from './scalars.ts'

export const rateLimitOf = (description: string, most = 100) =>
  section(description, {
    max: z.prefault(
      whole({
        expected: 'a whole number from 1 up',
        minimum: 1,
        maximum: 1_000_000_000,
        description: 'Requests within `timeWindow`.',
      }),
      most,
    ),
    timeWindow: z.prefault(
      duration({ description: 'Any time as long as this counts, not only that of a clock.' }),
      '1 minute',
    ),
  })

export const rateLimit = rateLimitOf(
  'How many requests a key may make, and an address from which none is sent. Left out: as many as they like.',
)

export const counters = section(
  'Where requests are counted that have a limit: `server.rateLimit`, that of a key, `auth.failureLimit`. Takes effect after a restart.',
  {
    store: z.prefault(
      choice(['memory', 'redis'], {
        description:
          'In the processes of this gateway, which tell each other, or in Redis or Valkey (`redis.url`), exactly for all gateways that use it.',
      }),
      'memory',
    ),
    onStoreFailure: z.prefault(
      choice(['local', 'allow', 'refuse'], {
        description:
          'While Redis cannot be asked: this gateway counts by itself, nobody counts, or what has a limit is refused (503).',
      }),
      'local',
    ),
    timeout: z.prefault(
      duration({ description: 'How long a request may wait for Redis before that counts as a failure.' }),
      '500ms',
    ),
  },
)

export const trustedProxies = list(
  text({ expected: 'an address or a range such as "10.0.0.0/8"', description: 'An address or a range.' }),
  {
    expected: 'a list of addresses and ranges',
    description:
      'Proxies in front of the gateway whose `x-forwarded-for` is believed, up to the last hop that is none of them. None by default.',
    examples: [['127.0.0.1', '10.0.0.0/8']],
  },
)

const share = (description: string) =>
  decimal({ expected: 'a number from 0 to 1', minimum: 0, maximum: 1, description })

export const memory = section(
  "Memory, as a share of the nearer limit: V8's for JavaScript objects (heap used), or the control group's for the process and those beside it.",
  {
    threshold: z.prefault(share('From here on memory is short: warm caches are emptied.'), 0.8),
    resumeBelow: z.prefault(share('Below this it is not short any more.'), 0.7),
    shedAbove: z.prefault(
      share('From here on new requests get a 503, until memory is below `threshold` again. 1: never.'),
      0.9,
    ),
    interval: z.prefault(
      duration({ description: 'How often it is looked at; more often while requests come in.' }),
      '1s',
    ),
    warnBytes: z.prefault(
      size({ description: 'JavaScript objects (heap used) of so many bytes are worth a warning. 0: never.' }),
      '1gb',
    ),
  },
)
