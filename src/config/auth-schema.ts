import * as z from 'zod/mini'
import { PUBLIC_ALGORITHMS, SECRET_ALGORITHMS } from '../admission/jwt.ts'
import { TOOL_RULE } from '../lib/tool-rule.ts'
import { rateLimitOf } from './overload-schema.ts'
import { choice, duration, flag, inert, list, named, section, text } from './scalars.ts'

const HASH = /^sha256:[0-9a-fA-F]{64}$/

const hash = (description: string) =>
  z.exactOptional(
    text({
      expected: '"sha256:" and 64 hexadecimal digits',
      pattern: HASH,
      secret: true,
      description,
      examples: ['sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
    }),
  )

const keyName = (description: string) =>
  text({ expected: 'a name', description, pattern: /^[\w.@ -]{1,64}$/, examples: ['me'] })

const key = section('A key that clients send. Exactly one of `hash` and `key`.', {
  name: keyName('Unique; appears in logs in place of the key.'),
  hash: hash('What `ucr keys create --line` prints. The key itself stays with its user.'),
  key: z.exactOptional(
    text({
      expected: '8 to 256 visible ASCII characters, best a variable such as "${UCR_KEY}"',
      pattern: /^[\x21-\x7e]{8,256}$/,
      secret: true,
      description: 'The key in clear, for keys that come from the environment.',
      examples: ['${UCR_KEY}'],
    }),
  ),
  owner: z.exactOptional(
    text({ expected: 'a text', description: 'Who answers for it, for people.', examples: ['ann@example.com'] }),
  ),
  models: z.exactOptional(
    list(text({ expected: 'a model name or a pattern', description: 'A name or pattern.' }), {
      expected: 'a list of model names and patterns',
      description: 'What this key may ask for; everything when left out.',
      examples: [['claude-*', 'fast']],
    }),
  ),
  routes: z.exactOptional(
    list(
      text({ expected: 'a path or a pattern such as "/v1/*"', pattern: /^[/*]/, description: 'A path or pattern.' }),
      {
        expected: 'a list of paths and patterns',
        description: 'Routes that this key may call, as the reference lists them; all when left out.',
        examples: [['/v1/messages', '/v1/models*']],
      },
    ),
  ),
  rateLimit: z.exactOptional(rateLimitOf('How many requests this key may make, in place of `server.rateLimit`.')),
  claudeTools: z.prefault(
    list(
      text({
        expected: 'a tool as Claude Code writes it, such as "Read" or "Bash(git *)"',
        pattern: TOOL_RULE,
        description: 'A tool or a pattern.',
      }),
      {
        expected: 'a list of tools and patterns',
        description:
          "Claude Code's own tools that this key may use, of those that the provider's `allowedTools` allow; `*` for all of them. None when left out.",
        examples: [['Read', 'Bash(git *)']],
      },
    ),
    [],
  ),
  expires: z.exactOptional(
    text({
      expected: 'a date such as "2027-01-31" or "2027-01-31T12:00:00Z"',
      pattern: /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/,
      description: 'From then on it is refused; a date alone means its first moment, UTC.',
      examples: ['2027-01-31'],
    }),
  ),
  disabled: z.prefault(flag({ description: 'Refused for now.' }), false),
  metadata: z.prefault(
    named(text({ expected: 'a text', description: 'A text.', empty: true }), {
      expected: 'an object of texts',
      description: 'Notes for people and programs. The gateway does nothing with them.',
      examples: [{ team: 'search' }],
    }),
    {},
  ),
})

const claim = (description: string, examples: readonly string[]) =>
  text({ expected: 'the name of a claim', description, examples: [...examples] })

const JWK_MEMBER = 'a text, true or false, or a list of texts'

const jwks = z
  .union(
    [
      text({ expected: 'a URL or a path', description: 'URL, or path relative to the folder of this file.' }),
      section('A JWK set.', {
        keys: list(
          named(
            z
              .union([z.string(), z.boolean(), z.array(z.string())], { error: JWK_MEMBER })
              .check(z.meta({ description: 'A member of the key.' })),
            { expected: 'a JSON web key', description: 'A public key (RFC 7517).' },
          ),
          { expected: 'a list of JSON web keys', description: 'The public keys.' },
        ),
      }),
    ],
    { error: 'a URL, a path, or an object with `keys`' },
  )
  .check(
    z.meta({
      description:
        "The issuer's public keys (JWK set): a URL, a path relative to the folder of this file, or the set itself. They are read again when a token names a key that is not among them.",
      examples: ['https://login.example.com/.well-known/jwks.json', './jwks.json'],
    }),
  )

const issuer = section('An issuer whose tokens (JWT) are accepted. Exactly one of `jwks` and `secret`.', {
  issuer: text({
    expected: 'the `iss` of its tokens',
    description: 'What its tokens have as `iss`, to the letter.',
    examples: ['https://login.example.com/'],
  }),
  audience: z
    .union(
      [
        text({ expected: 'a text', description: 'One audience.' }),
        z
          .array(text({ expected: 'a text', description: 'An audience.' }))
          .check(z.minLength(1, { error: 'at least one audience' })),
      ],
      { error: 'a text, or a list of them' },
    )
    .check(
      z.meta({
        description:
          'What its tokens must have as `aud`, at least one of them, so that tokens made for others do not count.',
        examples: ['ucr'],
      }),
    ),
  jwks: z.exactOptional(jwks),
  secret: z.exactOptional(
    text({
      expected: 'at least 32 characters, best a variable such as "${JWT_SECRET}"',
      pattern: /^[\s\S]{32,}$/,
      secret: true,
      description: 'The secret that its tokens are signed with (HS256).',
      examples: ['${JWT_SECRET}'],
    }),
  ),
  algorithms: z.exactOptional(
    z
      .array(choice([...PUBLIC_ALGORITHMS, ...SECRET_ALGORITHMS], { description: 'An algorithm.' }), {
        error: 'a list of algorithms',
      })
      .check(
        z.minLength(1, { error: 'a list with at least one algorithm' }),
        z.meta({
          description:
            'Algorithms that its tokens may be signed with. By default RS256, ES256 and EdDSA with `jwks`, HS256 with `secret`.',
          examples: [['RS256']],
        }),
      ),
  ),
  claims: z.prefault(
    section('Which claims of a token say what.', {
      tenant: z.prefault(claim('Whose caches, conversations and limits they are.', ['sub']), 'sub'),
      name: z.prefault(claim('The name that appears in logs.', ['email']), 'sub'),
      models: z.exactOptional(
        claim(
          'The models that the token may ask for, as a list or a text with blanks between them. A token without it may ask for none.',
          ['ucr_models'],
        ),
      ),
      key: z.exactOptional(
        claim('The name of the key whose rules hold for the token. A token without it is refused.', ['ucr_key']),
      ),
    }),
    {},
  ),
  key: z.exactOptional(
    keyName(
      'The name of the key whose models, routes, rate limit and tools of Claude Code hold for all of its tokens, unless `claims.key` says it.',
    ),
  ),
  clockTolerance: z.prefault(duration({ description: 'By how much clocks may differ.' }), '30s'),
})

export const auth = section('Who may use the gateway.', {
  keys: z.prefault(
    list(key, {
      expected: 'a list of keys',
      description: 'Keys that clients may send. None on a loopback address: open.',
    }),
    [],
  ),
  jwt: z.prefault(
    list(issuer, { expected: 'a list of issuers', description: 'Issuers whose tokens (JWT) clients may send.' }),
    [],
  ),
  required: z.prefault(
    flag({
      description:
        'Nobody comes in without a key or a token, also as long as there are none here: they may be made by `ucr keys` and the admin API.',
    }),
    false,
  ),
  store: z.prefault(
    choice(['sqlite', 'redis'], {
      description:
        'Where keys are kept that are made while the gateway runs: in a file of the state folder, or in Redis or Valkey (`redis.url`), for all gateways that use it; then nobody comes in without a key or a token (as with `required`). Takes effect after a restart.',
    }),
    'sqlite',
  ),
  storeGrace: z.prefault(
    duration({
      description:
        'How long keys of the store are still good while it cannot be read. Keys that nobody has heard of by then are refused at once.',
    }),
    '10m',
  ),
  failureLimit: z.prefault(
    rateLimitOf(
      'How many wrong keys and tokens may come from one address. Those over it get 429; right ones pass.',
      20,
    ),
    {},
  ),
  adminToken: hash(
    'The hash of the token for the admin API. When left out, one is made on the first start and kept in the state folder.',
  ),
  storePath: inert("stored credentials are in the user's config folder"),
  encryption: inert('stored credentials are always encrypted'),
})
