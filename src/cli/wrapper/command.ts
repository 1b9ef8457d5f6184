import { defineCommand, flag, integer, negated, type ArgumentSpec } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { usageFailure } from '../failure.ts'
import { CONFIG } from '../shared-options.ts'
import { START_OPTIONS } from '../start-options.ts'
import { apiKey } from './api-key.ts'
import { time } from './time.ts'

const MOST_PORT = 65_535

const PORT: ArgumentSpec<number | null> = {
  name: '[port]',
  description: 'listen on this port (default: 8000); --port says the same, and wins',
  completion: 'none',
  read: (raw) => {
    if (typeof raw !== 'string') return null
    const port = Number(raw)
    if (/^\d+$/.test(raw) && port <= MOST_PORT) return port
    throw usageFailure(`${raw} is no port.`, `Write a whole number from 0 to ${MOST_PORT}: claude-wrapper 8000`)
  },
}

/** The options of `claude-wrapper`, in the letters that its users know. */
export const WRAPPER_OPTIONS = {
  port: integer('-p, --port <number>', 'listen on this port (default: 8000); 0 for any free one', {
    min: 0,
    max: MOST_PORT,
  }),
  host: START_OPTIONS.host,
  config: CONFIG,
  key: apiKey('-k, --api-key <key>', 'the key that clients have to send, of 8 to 256 characters'),
  interactive: negated('-n, --no-interactive', 'ask nothing'),
  debug: flag('-d, --debug', 'in the foreground, with all that is logged; never with prompts and answers'),
  production: flag('-P, --production', START_OPTIONS.production.description),
  healthMonitoring: flag('-H, --health-monitoring', START_OPTIONS.healthMonitoring.description),
  mock: flag('-m, --mock', 'the built-in simulator answers, and nobody else'),
  workers: START_OPTIONS.workers,
  healthCheckInterval: time('--health-check-interval <time>', 'how often providers are looked at'),
  drainTimeout: time('--graceful-shutdown-timeout <time>', 'how long requests may go on when it is stopped'),
  start: flag('--start', 'start it, which is what happens anyway'),
  stop: flag('-s, --stop', 'stop it when its requests are finished'),
  status: flag('-t, --status', 'say whether it runs, and how it is'),
  logs: flag('--logs', 'print the end of its log'),
  cleanup: flag('--cleanup', 'remove what gateways left behind that were killed'),
}

export const command = defineCommand({
  name: 'claude-wrapper',
  summary: 'An OpenAI-compatible API with sessions in front of Claude Code, in the background; an alias of ucr',
  examples: [
    ['claude-wrapper', 'in the background on port 8000; see "claude-wrapper --status" and "claude-wrapper --stop"'],
    ['claude-wrapper 9000 --no-interactive', 'on another port, without a question'],
    ['claude-wrapper --mock --debug', 'in the foreground, with made-up answers'],
    ['claude-wrapper --production --health-monitoring', 'for serving others'],
  ],
  arguments: { port: PORT },
  options: WRAPPER_OPTIONS,
  async run({ options, arguments: words, ...surroundings }) {
    // The key was needed to get here, and from now on nobody need see it in the list of processes.
    if (options.key !== null) process.title = 'claude-wrapper'
    const port = options.port ?? words.port
    const asked = (['stop', 'status', 'logs', 'cleanup', 'start'] as const).filter((name) => options[name])
    if (asked.length > 1) throw usageFailure(`--${asked.join(' and --')} are not for one call.`, 'Say one of them.')
    const [what = 'start'] = asked
    if (what === 'start') {
      const { startWrapper } = await import('./start.ts')
      return startWrapper({ ...options, port }, surroundings)
    }
    const { lookAfter } = await import('./look-after.ts')
    return lookAfter(what, port, surroundings)
  },
})

/** For `claude-wrapper --help` and the reference page. */
export const EXIT_CODES: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, 'it runs, ran already, was stopped, or was looked at'],
  [EXIT.failure, 'it did not work; the message says why'],
  [EXIT.cancelled, 'cancelled'],
]

/** Scripts around the predecessor know 0 and 1. */
export function exitCodeOf(code: ExitCode): ExitCode {
  return code === EXIT.ok || code >= EXIT.commandNotFound ? code : EXIT.failure
}
