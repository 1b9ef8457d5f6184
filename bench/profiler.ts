import { Session } from 'node:inspector/promises'
import type { HeapProfiler, Profiler } from 'node:inspector'

/**
 * Loaded into the gateway's process before the gateway (`--import`): starts and stops V8's profilers when the parent
 * process says so, and sends it what they saw.
 */
export type ProfilerCommand = 'cpu-start' | 'cpu-stop' | 'heap-start' | 'heap-stop'

export interface CpuReport {
  readonly profile: Profiler.Profile
  /** Microseconds of CPU that the process used meanwhile. */
  readonly cpu: number
}

/** Bytes between samples of the allocation profile. */
const SAMPLING_INTERVAL = 4096

const session = new Session()
session.connect()
let before = process.cpuUsage()

const commands: Readonly<Record<ProfilerCommand, () => Promise<unknown>>> = {
  'cpu-start': async () => {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: 200 })
    await session.post('Profiler.start')
    before = process.cpuUsage()
  },
  'cpu-stop': async () => {
    const { user, system } = process.cpuUsage(before)
    const { profile } = await session.post('Profiler.stop')
    return { profile, cpu: user + system } satisfies CpuReport
  },
  'heap-start': () =>
    session.post('HeapProfiler.startSampling', {
      samplingInterval: SAMPLING_INTERVAL,
      // What is garbage by now is the point.
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    }),
  'heap-stop': async () =>
    (await session.post('HeapProfiler.stopSampling')).profile satisfies HeapProfiler.SamplingHeapProfile,
}

process.on('message', (command: ProfilerCommand) => {
  void commands[command]().then((result) => process.send?.({ result }))
})
// The gateway's own signals end the process.
process.channel?.unref()
