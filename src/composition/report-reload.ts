import type { ReloadReport } from '../config/reload.ts'
import type { Log } from '../observe/log.ts'

/** What came of reading the config again, in the log. */
export function reportReload({ swapped, problems, needRestart }: ReloadReport, log: Log): void {
  for (const { message, fix, field, file, line, column } of problems) {
    const place = file === null ? '' : `${file}${line === null ? '' : `:${line}:${column ?? 1}`}: `
    log.warn(null, `config: ${place}${field ?? ''} ${message}`, { fix: fix ?? '' })
  }
  if (needRestart.length > 0) log.warn(null, `config: takes effect after a restart: ${needRestart.join(', ')}`)
  log.info(swapped ? 'config reloaded' : 'config has errors; the one before stays in use')
}
