import { constants } from 'node:os'

/** Milliseconds. A signal to a whole process group comes again from the parent that passes it on: that is one wish, not two. */
const ECHO = 300

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Waits for the signal to stop. A second one ends the process at once. */
export interface StopSignal {
  /** Resolves at the first signal, or when `stop` is called. */
  readonly received: Promise<void>
  stop(): void
  /** Lets signals mean what they usually mean. */
  release(): void
}

export function listenForStop(): StopSignal {
  const { promise, resolve } = Promise.withResolvers<void>()
  let last: { readonly signal: NodeJS.Signals; readonly at: number } | null = null
  const onSignal = (signal: NodeJS.Signals) => {
    const at = performance.now()
    const isEcho = last !== null && last.signal === signal && at - last.at < ECHO
    if (last !== null && !isEcho) process.exit(128 + constants.signals[signal])
    last = { signal, at }
    resolve()
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    received: promise,
    stop: resolve,
    release() {
      for (const signal of SIGNALS) process.off(signal, onSignal)
    },
  }
}

/** SIGHUP asks a service to read its config again, and tells a foreground program that its terminal is gone. */
export function reloadOnHangUp(reload: () => void, signal: StopSignal, background: boolean): void {
  const hasTerminal = !background && process.stdin.isTTY
  process.on('SIGHUP', () => (hasTerminal ? signal.stop() : reload()))
}
