import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { mergeSnapshots, takeSnapshot } from '../observe/metrics-snapshot.ts'
import type { MetricsSnapshot } from '../observe/metrics-snapshot.ts'
import { NO_TRACE } from '../observe/tracer.ts'
import { TrafficRecorder } from '../observe/traffic-recorder.ts'
import { Hub } from '../workers/hub.ts'
import type { HubMember } from '../workers/hub.ts'
import { ProcessBus } from '../workers/worker-bus.ts'
import { LEFT_EVERY, SharedMetrics, joinKept } from './share-metrics.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const SILENT = {
  tracer: NO_TRACE,
  exchange: () => {},
  attemptFailed: () => {},
  warn: () => {},
  error: () => {},
  debug: () => {},
}

interface Worker {
  readonly metrics: SharedMetrics
  /** Requests that it has answered, and connections that it has. */
  count: number
  /** What it counted without a request. */
  quiet: number
  die(): void
}

function workers(number: number): readonly Worker[] {
  const hub = new Hub(joinKept)
  return Array.from({ length: number }, () => {
    const bus: ProcessBus = new ProcessBus((message) => {
      if (message.kind === 'keep' || message.kind === 'ask' || message.kind === 'answer') hub.receive(member, message)
    })
    const member: HubMember = {
      send: (message) => {
        if (message.kind === 'asked' || message.kind === 'answers') bus.receive(message)
      },
    }
    hub.join(member)
    const traffic = new TrafficRecorder(SILENT, () => performance.now())
    const take = (): MetricsSnapshot =>
      takeSnapshot(traffic, {
        plans: () => ({ fastPath: 0, total: worker.count + worker.quiet }),
        inFlight: () => worker.count,
      })
    const metrics = new SharedMetrics(bus, take, () => worker.count)
    const worker: Worker = {
      metrics,
      count: 0,
      quiet: 0,
      die: () => {
        metrics.stop()
        hub.leave(member)
      },
    }
    metrics.start()
    return worker
  })
}

async function totals({ metrics }: Worker): Promise<readonly (number | undefined)[]> {
  const [first, ...others] = await metrics.ofAll()
  const { processes, blocks } = mergeSnapshots([first!, ...others])
  return [processes, blocks.plans?.total, blocks.inFlight ?? undefined]
}

it('a worker without requests leaves what it has now and then', async () => {
  const [one, two] = workers(2) as readonly [Worker, Worker]
  vi.advanceTimersByTime(LEFT_EVERY)
  two.quiet = 3
  vi.advanceTimersByTime(LEFT_EVERY)
  two.die()
  expect(await totals(one)).toEqual([1, 0, 0])
  const [left, three] = workers(2) as readonly [Worker, Worker]
  three.quiet = 3
  vi.advanceTimersByTime(LEFT_EVERY * 25)
  three.die()
  expect(await totals(left)).toEqual([1, 3, 0])
})

it('what a dead worker has counted counts on, up to its last word, and how it was does not', async () => {
  const [one, two, three] = workers(3) as readonly [Worker, Worker, Worker]
  for (const worker of [one, two, three]) worker.count = 10
  expect(await totals(one)).toEqual([3, 30, 30])
  two.count = 15
  vi.advanceTimersByTime(LEFT_EVERY)
  two.count = 17
  two.die()
  expect(await totals(one)).toEqual([2, 35, 20])
  three.die()
  expect(await totals(one)).toEqual([1, 35, 10])
})

it('what somebody was shown is there after the death of whoever showed it', async () => {
  const [one, two] = workers(2) as readonly [Worker, Worker]
  one.count = 10
  two.count = 20
  expect(await totals(one)).toEqual([2, 30, 30])
  one.die()
  expect(await totals(two)).toEqual([1, 30, 20])
})
