// Writes the generated parts of docs/reference/alerts.md: `npm run docs`.
// With `--check` it writes nothing and fails when the file is not what it would write.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DELIVERY } from '../src/alerts/courier.ts'
import { DEFAULT_RULES } from '../src/alerts/default-rules.ts'
import { METRICS } from '../src/alerts/metrics.ts'
import { termsOf } from '../src/alerts/rule.ts'
import { TIMEOUTS } from '../src/composition/post-over.ts'
import { formatDuration } from '../src/lib/duration.ts'
import { ROOT } from './bootstrap.mjs'
import { formatted, replaced, settle, table } from './generated-file.mjs'

const PAGE = 'docs/reference/alerts.md'

const KINDS = /** @type {const} */ ({
  requests: 'of the requests of the window',
  mean: 'mean of the looks within the window',
  now: 'the last look',
  rise: 'how much more it became within the window',
})

const metrics = table(
  ['Metric', 'What it is', 'Over the window'],
  Object.entries(METRICS).map(([name, { help, kind, minRequests }]) => [
    `\`${name}\``,
    help,
    `${KINDS[kind]}${minRequests > 0 ? `, from ${minRequests} on` : ''}`,
  ]),
)

const rules = table(
  ['Name', 'Metric', 'Warning', 'Critical', 'Window', 'Cooldown', 'Hysteresis'],
  DEFAULT_RULES.map((rule) => {
    const { name, metric, operator, warning, critical, window, cooldown, hysteresis } = termsOf(rule)
    /** @param {number | null} threshold */
    const shown = (threshold) => (threshold === null ? '' : `${operator} ${threshold}`)
    const times = [formatDuration(window), formatDuration(cooldown)]
    return [`\`${name}\``, `\`${metric}\``, shown(warning), shown(critical), ...times, `${hysteresis * 100} %`]
  }),
)

const delivery = table(
  ['Limit', ''],
  [
    ['Tries for one message', String(DELIVERY.tries)],
    ['Pause before the second', `about ${formatDuration(DELIVERY.firstPause)}, and twice as long each time`],
    ['Longest pause', formatDuration(DELIVERY.longestPause)],
    ['Time for one try', formatDuration(TIMEOUTS.total)],
    ['Messages that may wait at one destination', String(DELIVERY.mostWaiting)],
  ],
)

let page = readFileSync(join(ROOT, PAGE), 'utf8')
for (const [name, part] of Object.entries({ metrics, rules, delivery })) page = replaced(PAGE, page, name, part)
settle(PAGE, formatted(page))
