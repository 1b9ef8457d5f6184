import * as z from 'zod/mini'
import { PROTOCOL_IDS } from '../canonical/protocol-id.ts'
import type { Timeouts } from '../providers/provider.ts'
import { claudeCodeKeys } from './claude-code-schema.ts'
import { capabilitiesSchema, dialectSchema } from './dialect-schema.ts'
import { pricesSchema } from './price-schema.ts'
import { choice, duration, flag, inert, list, named, text, whole } from './scalars.ts'

/** Bounded, so that a key in this place is refused and not shown as a name. */
export const PROVIDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/

/** The five time limits, shared by the gateway's own `timeouts` and those of a provider. */
export const TIMEOUT_WORDS: Readonly<Record<keyof Timeouts, string>> = {
  connect: 'Until a connection to the vendor stands.',
  firstByte: 'From the last byte of a request to the first of a streamed answer.',
  wholeAnswer: 'The same for an answer that is not streamed, which vendors send only when it is complete.',
  idle: 'Silence between two pieces of an answer. Our own pings do not count.',
  total: 'One try as a whole; 0 means no limit.',
}

const timeouts = z
  .object(
    {
      connect: z.exactOptional(duration({ description: TIMEOUT_WORDS.connect })),
      firstByte: z.exactOptional(duration({ description: TIMEOUT_WORDS.firstByte })),
      wholeAnswer: z.exactOptional(duration({ description: TIMEOUT_WORDS.wholeAnswer })),
      idle: z.exactOptional(duration({ description: TIMEOUT_WORDS.idle })),
      total: z.exactOptional(duration({ description: TIMEOUT_WORDS.total })),
    } satisfies Record<keyof Timeouts, unknown>,
    { error: 'an object of times' },
  )
  .check(
    z.meta({
      description: 'Time limits of this provider; what is not given here comes from the top-level `timeouts`.',
    }),
  )

/** One of `providers`. */
export const providerSchema = z
  .object(
    {
      id: text({
        expected: 'a name of at most 40 letters, digits, ".", "_" and "-"',
        pattern: PROVIDER_NAME,
        description: 'A free, unique name. Clients and routes write it before the slash: `work/claude-sonnet-5`.',
        examples: ['work'],
      }),
      type: z.exactOptional(
        text({
          expected: 'the name of a vendor',
          pattern: PROVIDER_NAME,
          description: 'The vendor, or the kind of server. May be left out where `id` or `baseUrl` already says it.',
          examples: ['anthropic', 'openai'],
        }),
      ),
      baseUrl: z.exactOptional(
        text({
          expected: 'a URL',
          empty: true,
          secret: true,
          description: "Where requests go, with or without the version path. The vendor's own when left out.",
          examples: ['https://api.openai.com/v1'],
        }),
      ),
      apiKey: z.exactOptional(
        text({
          expected: 'text, best a variable such as "${OPENAI_API_KEY}"',
          empty: true,
          secret: true,
          description:
            'The key for this vendor. When left out: the one stored by `ucr auth login`, then the usual variable of the vendor.',
          examples: ['${ANTHROPIC_API_KEY}'],
        }),
      ),
      models: z.exactOptional(
        list(text({ expected: 'a model name', description: 'A model.' }), {
          expected: 'a list of model names',
          description:
            'The models to offer, by the names that the vendor uses. All that the vendor reports when left out.',
          examples: [['claude-sonnet-5']],
        }),
      ),
      defaultModel: z.exactOptional(
        text({
          expected: 'a model name',
          description: 'The model for requests that name only this provider, or a model that it does not know.',
          examples: ['gpt-5.5'],
        }),
      ),
      enabled: z.prefault(flag({ description: 'Requests may go there.' }), true),
      priority: z.prefault(
        whole({
          expected: 'a whole number from 0 up',
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'Higher is preferred.',
        }),
        0,
      ),
      weight: z.prefault(
        whole({
          expected: 'a whole number from 0 up',
          minimum: 0,
          maximum: 1_000_000,
          description: 'The share that it gets where requests are spread by weight.',
        }),
        1,
      ),
      protocol: z.exactOptional(
        choice(PROTOCOL_IDS, { description: 'Speak only this one of the protocols that the vendor offers.' }),
      ),
      headers: z.exactOptional(
        named(text({ expected: 'text', empty: true, secret: true, description: 'A value.' }), {
          expected: 'an object of header names and texts',
          description: 'Header fields to send with every request.',
          examples: [{ 'x-team': 'blue' }],
        }),
      ),
      timeouts: z.exactOptional(timeouts),
      timeout: z.exactOptional(
        whole({
          expected: 'a number of milliseconds',
          minimum: 0,
          maximum: 2_147_483_647,
          description: 'Milliseconds for a whole answer; the older spelling of `timeouts.wholeAnswer`.',
          examples: [600_000],
        }),
      ),
      dialect: z.exactOptional(dialectSchema),
      capabilities: z.exactOptional(capabilitiesSchema),
      prices: z.exactOptional(pricesSchema),
      ...claudeCodeKeys,
      name: inert('displays show `id`'),
      authType: inert('`type` decides how the key is sent'),
      maxRetries: inert('use the top-level `retry`'),
      metadata: inert('use `dialect`, `capabilities` and `headers`'),
    },
    { error: 'an object' },
  )
  .check(z.meta({ description: 'A vendor with an account. Several accounts of one vendor are several providers.' }))
