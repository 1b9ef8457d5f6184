import { longFlag, text, type OptionSpec } from '../command.ts'
import { usageFailure } from '../failure.ts'
import { parseDuration } from '../../lib/duration.ts'

/** A time as the config takes it. A number alone is milliseconds, as the predecessor had them. */
export function time(flags: string, description: string): OptionSpec<string | null> {
  const { read, ...spec } = text(flags, `${description}: 30s, or a number of milliseconds`)
  return {
    ...spec,
    read: (raw) => {
      const given = read(raw)
      if (given === null) return null
      const written = /^\d+$/.test(given) ? `${given}ms` : given
      if (parseDuration(written) !== null) return written
      throw usageFailure(`${longFlag(flags)} ${given}: it is a time such as "30s", or a number of milliseconds.`)
    },
  }
}
