/** What a finished `ucr` tells a script. `ucr code` ends with the code of `claude` instead. */
export const EXIT = {
  ok: 0,
  /** The command understood what to do and could not: the message says why. */
  failure: 1,
  /** The command line itself is wrong, or it needs a terminal and has none. */
  usage: 2,
  /** The config file, or what the environment adds to it, is wrong. */
  config: 3,
  /** `ucr status`: no gateway runs. */
  notRunning: 4,
  /** `ucr code`: there is no `claude` command. The number is the one shells use. */
  commandNotFound: 127,
  /** Ctrl-C at a question. */
  cancelled: 130,
} as const

export type ExitCode = number

/** For `ucr --help` and the reference page. */
export const EXIT_CODE_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failure, 'it did not work; the message says why'],
  [EXIT.usage, 'the command line is wrong'],
  [EXIT.config, 'the config is wrong'],
  [EXIT.notRunning, 'status: no gateway is running'],
  [EXIT.commandNotFound, 'code: there is no claude command'],
  [EXIT.cancelled, 'cancelled'],
]
