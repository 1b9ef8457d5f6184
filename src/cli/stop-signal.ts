import { constants } from 'node:os'

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
  let count = 0
  const onSignal = (signal: NodeJS.Signals) => {
    count += 1
    if (count > 1) process.exit(128 + constants.signals[signal])
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
