import * as z from 'zod/mini'
import { choice, decimal, duration, flag, list, section, text, whole } from './scalars.ts'

const MOST = 1e15

const threshold = (description: string) =>
  z
    .union(
      [
        decimal({ expected: 'a number', minimum: -MOST, maximum: MOST, description: 'A threshold.' }),
        z.null({ error: 'a number' }),
      ],
      { error: 'a number, or null for none' },
    )
    .check(z.meta({ description, examples: [0.9] }))

const rule = section('A rule. One with the name of a usual rule changes that one.', {
  name: text({
    expected: 'up to 64 letters, digits, blanks and . @ _ -',
    pattern: /^[\w.@ -]{1,64}$/,
    description: 'Its name, which messages carry.',
    examples: ['errorRate'],
  }),
  metric: z.exactOptional(
    text({
      expected: 'the name of a metric',
      description: 'A metric by its name, or the path of a number in `/debug/metrics`.',
      examples: ['p95', 'performance.requests.inFlight'],
    }),
  ),
  operator: z.exactOptional(
    choice(['above', 'below'], { description: 'On which side of a threshold something is wrong. `above` by default.' }),
  ),
  warning: z.exactOptional(threshold('Beyond it there is a warning. `null`: none.')),
  critical: z.exactOptional(threshold('Beyond it the alert is critical. `null`: never.')),
  window: z.exactOptional(
    duration({ description: 'The time over which the metric is looked at, up to an hour. A minute by default.' }),
  ),
  cooldown: z.exactOptional(
    duration({ description: 'The least time between two messages about the same. 5 minutes by default.' }),
  ),
  hysteresis: z.exactOptional(
    decimal({
      expected: 'a number from 0 to 1',
      minimum: 0,
      maximum: 1,
      description:
        'Share of the threshold by which the metric must be better before the alert is over. 0.1 by default.',
    }),
  ),
  minRequests: z.exactOptional(
    whole({
      expected: 'a whole number from 0 up',
      minimum: 0,
      maximum: 1_000_000_000,
      description: 'Fewer requests within the window say nothing. 20 for `errorRate`, else 0.',
    }),
  ),
  enabled: z.exactOptional(flag({ description: '`false` switches it off.' })),
})

const destination = section('Where messages go.', {
  type: choice(['webhook', 'slack', 'log'], {
    description: '`webhook`: signed JSON. `slack`: what Slack and those like it take. `log`: the log of the gateway.',
  }),
  url: z.exactOptional(
    text({
      expected: 'a URL',
      secret: true,
      description: 'Its URL. That of Slack is a secret.',
      examples: ['${SLACK_WEBHOOK_URL}'],
    }),
  ),
  secret: z.exactOptional(
    text({
      expected: 'a secret of at least 16 characters',
      pattern: /^.{16,}$/s,
      secret: true,
      description: 'What messages to a webhook are signed with.',
      examples: ['${ALERT_SECRET}'],
    }),
  ),
})

export const alerts = section('Rules about metrics, and who is told when they are broken.', {
  enabled: z.prefault(flag({ description: 'Look at the metrics.' }), true),
  interval: z.prefault(duration({ description: 'How often, at most a minute.' }), '10s'),
  rules: z.prefault(
    list(rule, {
      expected: 'a list of rules',
      description: 'Rules of your own, and what is to be different about the usual ones.',
      examples: [[{ name: 'slow', metric: 'p95', warning: 10_000, window: '5m' }]],
    }),
    [],
  ),
  destinations: z.prefault(
    list(destination, {
      expected: 'a list of destinations',
      description: 'Where messages go.',
      examples: [[{ type: 'slack', url: '${SLACK_WEBHOOK_URL}' }]],
    }),
    [{ type: 'log' }],
  ),
})

export const healthChecks = section(
  'Asking each provider whether it is well, by its list of models, which costs nothing.',
  {
    enabled: z.prefault(flag({ description: 'Ask them.' }), false),
    interval: z.prefault(duration({ description: 'How often, at least a second, give or take a tenth.' }), '30s'),
    timeout: z.prefault(duration({ description: 'How long one may take.' }), '10s'),
  },
)
