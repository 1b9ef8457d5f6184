import { startInBackground } from './background.ts'
import { refuseShellLine } from './claude-command.ts'
import type { Surroundings } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import { reachable } from './find-gateway.ts'
import { checkHealth } from './health-check.ts'
import { loadForCommand } from './load.ts'
import { ownCertificate } from './own-certificate.ts'
import { runningGateways } from './run-record.ts'
import { overridesOf, wordsOf, type StartValues } from './start-options.ts'

/** A vendor that is slow to answer does not hold a start up; a slow machine may. */
const TIMEOUT = 30_000

/** By which name the command was called, and how that name stops a gateway. */
const STOP = { ucr: 'ucr stop', 'claude-wrapper': 'claude-wrapper --stop' } as const

/** Starts a gateway in the background; succeeds only when it answers. Throws `Failure`, ConfigError. */
export async function startDaemon(
  values: StartValues,
  surroundings: Surroundings,
  name: keyof typeof STOP = 'ucr',
): Promise<ExitCode> {
  const { terminal, directory, environment, home } = surroundings
  await refuseShellLine(surroundings)
  const { config } = await loadForCommand(surroundings, values.config, overridesOf(values))
  const running = (await runningGateways(surroundings)).find(({ port }) => config.server.ports.includes(port))
  if (running !== undefined) {
    terminal.out.line(`The gateway is running already on ${running.urls[0] ?? ''} (process ${running.pid}).`)
    return EXIT.ok
  }
  const started = await startInBackground({
    options: wordsOf(values),
    key: values.key,
    directory,
    environment,
    home,
    timeout: TIMEOUT,
  })
  const url = started.urls[0] ?? ''
  const { status, why } = await checkHealth(reachable(url), ownCertificate(config.server), TIMEOUT)
  if (status === 'unreachable') {
    throw new Failure(`The gateway started, but does not answer: ${why ?? ''}`, {
      fix: `Its log is ${started.log}; "${STOP[name]}" ends it.`,
    })
  }
  terminal.out.line(`The gateway listens on ${terminal.out.paint('cyan', url)} (process ${started.pid}).`)
  terminal.error.line(`  log   ${started.log}`)
  terminal.error.line(`  stop  ${STOP[name]}`)
  return EXIT.ok
}
