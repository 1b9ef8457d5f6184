import { startInBackground } from './background.ts'
import type { Surroundings } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import { readConfig } from './load.ts'
import type { RunRecord } from './run-record.ts'
import { stopGateway } from './stop-gateway.ts'

const START_TIMEOUT = 30_000

/** Ends a gateway and starts one with the same options. Throws `Failure`; ConfigError before anything is stopped. */
export async function restart(
  record: RunRecord,
  key: string | null,
  wait: number,
  { terminal, environment, home }: Surroundings,
): Promise<ExitCode> {
  const { directory } = record
  // A config that is wrong by now must not cost the gateway that still runs.
  await readConfig({ environment, home, directory }, configOf(record), key === null ? {} : { apiKey: key })
  terminal.error.line(`Stopping the gateway on port ${record.port} (process ${record.pid}) ...`)
  if (!(await stopGateway(record, wait, false))) {
    throw new Failure(`It still has requests to finish after ${wait / 1000} s, and goes on.`, {
      fix: 'Wait longer with --wait, or end it with "ucr stop --wait 0 --force".',
    })
  }
  const started = await startInBackground({
    options: record.options,
    key,
    directory,
    environment,
    home,
    timeout: START_TIMEOUT,
  })
  terminal.out.line(`The gateway listens on ${started.urls[0] ?? ''} (process ${started.pid}).`)
  return EXIT.ok
}

function configOf({ options }: RunRecord): string | null {
  const prefix = '--config='
  return options.find((word) => word.startsWith(prefix))?.slice(prefix.length) ?? null
}
