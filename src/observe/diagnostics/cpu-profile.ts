import type { Profiler } from 'node:inspector'

/** Microseconds between two looks at the stack. */
const INTERVAL = 1000

/** What the CPU did in this time, in the form of Chrome's developer tools. Ends early when the signal says so. */
export async function cpuProfile(milliseconds: number, signal: AbortSignal): Promise<Profiler.Profile> {
  // Nobody else needs it, and it is not small.
  const { Session } = await import('node:inspector/promises')
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL })
    await session.post('Profiler.start')
    await elapsed(milliseconds, signal)
    const { profile } = await session.post('Profiler.stop')
    return profile
  } finally {
    session.disconnect()
  }
}

function elapsed(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })
}
