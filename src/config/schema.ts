import * as z from 'zod/mini'
import { alerts, healthChecks } from './alert-schema.ts'
import { auth } from './auth-schema.ts'
import { cache } from './cache-schema.ts'
import { counters, memory, rateLimit, trustedProxies } from './overload-schema.ts'
import { reasoning } from './reasoning-schema.ts'
import { redis } from './redis-schema.ts'
import { sessions } from './session-schema.ts'
import { tls } from './tls-schema.ts'
import { upstream } from './upstream-schema.ts'
import { providerSchema, TIMEOUT_WORDS } from './provider-schema.ts'
import { choice, decimal, duration, flag, inert, list, section, size, text, whole, named } from './scalars.ts'

const MOST = Number.MAX_SAFE_INTEGER

const WORKERS = 'a whole number from 1 to 256, or "auto"'

const port = whole({
  expected: 'a port from 0 to 65535',
  minimum: 0,
  maximum: 65_535,
  description: 'A port.',
  examples: [3000],
})

const server = section('The listening side.', {
  host: z.prefault(
    text({
      expected: 'a host name or an address, without scheme and port',
      pattern: /^[\w.:[\]%-]+$/,
      description: 'Where to listen. Anything but a loopback address needs `auth.keys`, `auth.jwt` or `auth.required`.',
    }),
    '127.0.0.1',
  ),
  port: z.prefault(
    z
      .union([port, z.array(port).check(z.minLength(1, { error: 'at least one port' }))], {
        error: 'a port from 0 to 65535, or a list of them',
      })
      .check(z.meta({ description: 'The port, or a list of ports. 0 takes any free one.' })),
    3000,
  ),
  engine: z.prefault(
    choice(['lean', 'node'], {
      description: "What reads requests and writes answers: ours, or Node's HTTP server. Takes effect after a restart.",
    }),
    'lean',
  ),
  tls: z.exactOptional(tls),
  http2: z.prefault(
    flag({ description: 'HTTP/2 beside HTTP/1.1, where there is TLS. Takes effect after a restart.' }),
    true,
  ),
  workers: z.prefault(
    z
      .union(
        [
          whole({ expected: WORKERS, minimum: 1, maximum: 256, description: 'Processes.', examples: [2] }),
          z.literal('auto', { error: WORKERS }).check(z.meta({ description: 'One for each processor.' })),
        ],
        { error: WORKERS },
      )
      .check(z.meta({ description: 'Processes that serve requests. `auto`: one for each processor.', examples: [2] })),
    1,
  ),
  workerTimeout: z.prefault(
    duration({
      description:
        'Of several workers, one that gives no sign of life for so long is killed, and another takes its place. `0`: never. Takes effect after a restart.',
    }),
    '30s',
  ),
  bodyLimit: z.prefault(size({ description: 'The largest request body, decompressed.' }), '32mb'),
  headerLimit: z.prefault(size({ description: 'The largest request head.' }), '32kb'),
  maxDepth: z.prefault(
    whole({ expected: 'a whole number from 8 to 1000', minimum: 8, maximum: 1000, description: 'The deepest JSON.' }),
    256,
  ),
  maxEventSize: z.prefault(size({ description: 'The largest single event of a stream from a vendor.' }), '16mb'),
  maxAnswerSize: z.prefault(size({ description: 'The largest answer that is not streamed.' }), '64mb'),
  allowedHosts: z.prefault(
    list(text({ expected: 'a host name', description: 'A name, `*.example.com`, or `*` for any.' }), {
      expected: 'a list of host names',
      description: 'Host names under which clients reach the gateway, besides loopback names and its own addresses.',
      examples: [['gateway.example.com']],
    }),
    [],
  ),
  allowedOrigins: z.prefault(
    list(text({ expected: 'an origin such as "https://app.example.com"', description: 'An origin.' }), {
      expected: 'a list of origins',
      description: 'Web pages that may call the gateway from a browser. None by default.',
      examples: [['https://app.example.com']],
    }),
    [],
  ),
  pingInterval: z.prefault(
    duration({ description: 'Silence on a stream after which the client gets a ping of its protocol.' }),
    '10s',
  ),
  drainTimeout: z.prefault(
    duration({ description: 'On SIGTERM: how long streams may go on before they are ended with an error.' }),
    '25s',
  ),
  headerTimeout: z.prefault(
    duration({ description: 'How long a client may take to send the head of a request.' }),
    '10s',
  ),
  bodyTimeout: z.prefault(duration({ description: 'How long a client may take to send the body of a request.' }), '5m'),
  keepAliveTimeout: z.prefault(duration({ description: 'How long a connection without requests is kept.' }), '72s'),
  writeTimeout: z.prefault(duration({ description: 'How long a client may read nothing of its answer.' }), '60s'),
  drainGrace: z.prefault(
    duration({
      description: 'On SIGTERM: how long new requests are still taken while `/health/ready` already says no.',
    }),
    0,
  ),
  compression: z.prefault(
    section(
      'Compression of whole answers and pages, for clients that ask for it. Event streams are never compressed.',
      {
        clients: z.prefault(
          choice(['remote', 'all', 'none'], {
            description: 'Who gets it: clients on other machines, all clients, or none.',
          }),
          'remote',
        ),
        threshold: z.prefault(size({ description: 'The smallest body that is worth it.' }), '1kb'),
      },
    ),
    {},
  ),
  cors: inert('name the web pages that may call the gateway in `server.allowedOrigins`'),
  rateLimit: z.exactOptional(rateLimit),
  counters: z.prefault(counters, {}),
  secret: z.exactOptional(
    text({
      expected: 'at least 32 characters, best a variable such as "${UCR_SECRET}"',
      pattern: /^[\s\S]{32,}$/,
      secret: true,
      description:
        'What the keys of sealed reasoning are derived from: the same on all machines that are one gateway. When left out, one is made on the first start and kept in the state folder. Takes effect after a restart.',
      examples: ['${UCR_SECRET}'],
    }),
  ),
  trustedProxies: z.prefault(trustedProxies, []),
  timeout: inert('use `timeouts`, `server.headerTimeout` and `server.bodyTimeout`'),
})

const target = text({
  expected: 'a target such as "work/claude-sonnet-5"',
  description:
    '`provider/model`; `provider` alone means its default model, `provider/*` the name that the client wrote.',
  examples: ['work/claude-sonnet-5'],
})

const weightedTarget = section('A target with its share.', {
  target,
  weight: z.prefault(
    whole({
      expected: 'a whole number from 0 up',
      minimum: 0,
      maximum: 1_000_000,
      description: 'Its share under the policy `weighted`.',
    }),
    1,
  ),
})

const targets = z
  .array(z.union([target, weightedTarget], { error: 'a target, or an object with a target and its weight' }), {
    error: 'a list of targets',
  })
  .check(z.minLength(1, { error: 'a list with at least one target' }))

const route = z
  .union(
    [
      target,
      targets,
      section('A route with a policy.', {
        policy: z.exactOptional(
          choice(['first', 'weighted', 'priority'], {
            description:
              'How the first target is chosen: in the order given, by lot, or by the priorities of the providers.',
          }),
        ),
        targets: targets.check(z.meta({ description: 'The targets.', examples: [['work/claude-sonnet-5']] })),
      }),
    ],
    { error: 'a target, a list of targets, or an object with `targets`' },
  )
  .check(z.meta({ description: 'One target, a list in order of fallback, or a policy with targets.' }))

const taskTarget = (description: string) => z.exactOptional(target.check(z.meta({ description, examples: ['work'] })))

const router = section('Where requests go by what they are, when `models` does not say it.', {
  default: taskTarget('For names that nothing else knows.'),
  think: taskTarget('Requests that ask for thinking.'),
  background: taskTarget('Requests to small models, as Claude Code makes them beside the conversation.'),
  longContext: taskTarget('Requests with at least `tokenThreshold` tokens.'),
  webSearch: taskTarget('Requests with a web search tool.'),
  image: taskTarget('Requests with images.'),
  tokenThreshold: z.prefault(
    whole({
      expected: 'a number of tokens',
      minimum: 0,
      maximum: MOST,
      description: 'Estimated input tokens from which a request counts as long.',
    }),
    100_000,
  ),
  fallback: z.prefault(
    z
      .union([target, z.array(target)], { error: 'a target or a list of targets' })
      .check(z.meta({ description: 'Tried, in order, after everything else failed.', examples: [['gpt']] })),
    [],
  ),
  keywords: z.prefault(flag({ description: 'Detect tasks by English words in the last message as well.' }), false),
  customRouter: z.exactOptional(
    text({
      expected: 'a path',
      description: 'An ES module that decides first. Relative to the folder of this file.',
      examples: ['./router.js'],
    }),
  ),
  customRouterTimeout: z.prefault(duration({ description: 'How long it may take.' }), '1s'),
  affinity: z.prefault(
    flag({ description: 'Keep a conversation with one vendor, so that its prompt cache stays warm.' }),
    true,
  ),
})

const logging = section('Logs.', {
  level: z.prefault(
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      description: 'The least that is logged. Prompts and answers never are.',
    }),
    'info',
  ),
  pretty: z.exactOptional(flag({ description: 'For people instead of programs; by default on a terminal.' })),
  file: z.exactOptional(
    text({
      expected: 'a path',
      description: 'Write there instead of to standard output. Relative to the folder of this file.',
      examples: ['./ucr.log'],
    }),
  ),
  slowOperations: z.prefault(
    duration({
      description:
        'What takes longer than this is logged as `slow operation`: work before a vendor is asked, answers without one, look-ups, connecting, the store of sessions, and times in which the process answers nobody. 0: none is.',
    }),
    '1s',
  ),
  slowFirstByte: z.prefault(
    duration({
      description: 'A vendor that takes longer to begin a streamed answer is logged in the same way. 0: none is.',
    }),
    '10s',
  ),
  requests: inert('every request gets one line at level info'),
})

/** The config file: what may stand in it, in which words it is described, and what counts when a key is left out. */
export const configSchema = section('The config file of ucr.', {
  $schema: z.exactOptional(text({ expected: 'a URL', description: 'The JSON Schema of this file, for editors.' })),
  server: z.prefault(server, {}),
  auth: z.prefault(auth, {}),
  providers: z.prefault(
    list(providerSchema, {
      expected: 'a list of providers',
      description: 'The vendors to use. When empty, they are found from the environment and from local servers.',
    }),
    [],
  ),
  models: z.exactOptional(
    named(route, {
      expected: 'an object of model names and targets',
      description:
        'What clients may ask for: exact names first, then patterns such as `claude-*` in order. Every known model when left out.',
      examples: [{ fast: 'gpt/gpt-5.5-mini', 'claude-*': ['work/*', 'gpt/gpt-5.5'] }],
    }),
  ),
  router: z.prefault(router, {}),
  timeouts: z.prefault(
    section('Time limits towards vendors.', {
      connect: z.prefault(duration({ description: TIMEOUT_WORDS.connect }), '30s'),
      firstByte: z.prefault(duration({ description: TIMEOUT_WORDS.firstByte }), '60s'),
      wholeAnswer: z.prefault(duration({ description: TIMEOUT_WORDS.wholeAnswer }), '600s'),
      idle: z.prefault(duration({ description: TIMEOUT_WORDS.idle }), '120s'),
      total: z.prefault(duration({ description: TIMEOUT_WORDS.total }), 0),
    }),
    {},
  ),
  retry: z.prefault(
    section('Trying again, as long as nothing reached the client.', {
      attempts: z.prefault(
        whole({
          expected: 'a whole number from 1 to 10',
          minimum: 1,
          maximum: 10,
          description: 'Tries on one provider before the next one gets the request.',
        }),
        2,
      ),
      budget: z.prefault(
        decimal({
          expected: 'a number from 0 to 1',
          minimum: 0,
          maximum: 1,
          description: 'Retries per request that the gateway allows itself on average.',
        }),
        0.2,
      ),
    }),
    {},
  ),
  breaker: z.prefault(
    section('When a provider that fails is left alone.', {
      errorThresholdPercentage: z.prefault(
        whole({
          expected: 'a percentage from 1 to 100',
          minimum: 1,
          maximum: 100,
          description: 'Percentage of failures that opens the breaker.',
        }),
        50,
      ),
      resetTimeout: z.prefault(
        duration({ description: 'How long it stays open before one request may probe.' }),
        '30s',
      ),
      window: z.prefault(duration({ description: 'The history that counts.' }), '60s'),
      minimumRequests: z.prefault(
        whole({
          expected: 'a whole number from 1 up',
          minimum: 1,
          maximum: MOST,
          description: 'Fewer requests than this within the window never open it.',
        }),
        5,
      ),
      timeout: inert('use `timeouts.firstByte`'),
    }),
    {},
  ),
  plan: z.prefault(
    choice(['auto', 'translate'], {
      description: 'Pass bytes through where client and vendor speak the same protocol, or translate always.',
    }),
    'auto',
  ),
  strict: z.prefault(
    flag({ description: 'Refuse a request that would lose something on its way to the vendor.' }),
    false,
  ),
  streamFailure: z.prefault(
    choice(['error', 'cut'], {
      description: 'How a stream ends that fails halfway: with an error event, or with a cut connection.',
    }),
    'error',
  ),
  cache: z.prefault(cache, {}),
  sessions: z.prefault(sessions, {}),
  reasoning: z.prefault(reasoning, {}),
  redis: z.prefault(redis, {}),
  upstream: z.prefault(upstream, {}),
  memory: z.prefault(memory, {}),
  alerts: z.prefault(alerts, {}),
  healthChecks: z.prefault(healthChecks, {}),
  logging: z.prefault(logging, {}),
  version: inert('the format needs no version'),
  transformers: inert('`type` of a provider decides how requests are translated'),
  features: inert('these features are not available yet'),
})

/** The file's content with times in milliseconds, sizes in bytes and defaults applied. */
export type ConfigInput = z.output<typeof configSchema>

export type ProviderInput = z.output<typeof providerSchema>
