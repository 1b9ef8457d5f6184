import { runLoad } from '../load.ts'
import type { Load } from '../load.ts'
import { costOf } from '../process-tree.ts'
import { paced, scenarios } from '../scenarios.ts'
import { megabytes, pause } from './row.ts'
import type { Row } from './row.ts'

/** One turn of everything takes about so long, in milliseconds. */
const TURN = 1500

/**
 * Minutes of mixed work: whole answers, streams, translated streams, clients that leave, vendors that refuse or break off,
 * and reloads. What is asked is whether memory still grows in the second half.
 */
export const soakRow: Row = {
  id: 'soak',
  title: 'soak with aborts, faults and reloads',
  kind: 'same',
  slow: true,
  rounds: 1,
  takes: ({ origin }) => origin === 'ours',
  check: () => Promise.resolve(null),
  async measure(contestant, bench) {
    await bench.stopShared()
    const { running, port } = await bench.fresh(contestant)
    const until = performance.now() + bench.options.minutes * 60_000
    const from = performance.now()
    const points: { minute: number; rss: number }[] = []
    let [requests, reloads] = [0, 0]
    try {
      while (performance.now() < until) {
        for (const load of loads()) {
          const target = running.target(load.kind)
          const { kind: _, ...rest } = load
          const result = await runLoad(bench.tools, { ...rest, port, target, duration: TURN })
          requests += result.requests + result.failures + result.aborted
        }
        process.kill(running.pid, 'SIGHUP')
        reloads++
        await pause(500)
        const rss = megabytes(costOf(running.pid).rss)
        points.push({ minute: (performance.now() - from) / 60_000, rss })
        process.stdout.write(
          `soak, minute ${points.at(-1)?.minute.toFixed(1)}: ${rss.toFixed(1)} MB, ${requests} requests\n`,
        )
      }
    } finally {
      await running.stop()
    }
    const late = points.slice(Math.floor(points.length / 2))
    return {
      ...slopeOf(late),
      minutes: bench.options.minutes,
      requests,
      reloads,
      firstRss: points[0]?.rss ?? Number.NaN,
      lastRss: points.at(-1)?.rss ?? Number.NaN,
    }
  },
}

type Turn = Omit<Load, 'port' | 'target' | 'duration'> & { readonly kind: 'same' | 'cross' }

function loads(): Turn[] {
  const mixed = ['same-small', 'cross-burst', 'cross-large'].flatMap((id) =>
    scenarios.filter((known) => known.id === id),
  )
  const broken = (words: string): Turn['scenario'] => ({
    connections: 8,
    body: (model, n) =>
      JSON.stringify({ model, max_tokens: 9, stream: true, messages: [{ role: 'user', content: `${words} ${n}` }] }),
    last: '',
    events: null,
  })
  return [
    ...mixed.map((scenario) => ({
      kind: scenario.kind === 'cross' ? ('cross' as const) : ('same' as const),
      scenario,
    })),
    { kind: 'same', scenario: paced(50, 10, 60) },
    { kind: 'cross', scenario: paced(50, 10, 60), abort: 2 },
    { kind: 'same', scenario: broken('bench-cut') },
    { kind: 'cross', scenario: broken('bench-error') },
  ]
}

/** MB per hour, with twice its standard error. */
function slopeOf(points: readonly { minute: number; rss: number }[]): { slope: number; slopeError: number } {
  const count = points.length
  const mean = (of: (point: { minute: number; rss: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / count
  const [middle, level] = [mean(({ minute }) => minute), mean(({ rss }) => rss)]
  const spread = points.reduce((sum, { minute }) => sum + (minute - middle) ** 2, 0)
  const slope = points.reduce((sum, { minute, rss }) => sum + (minute - middle) * (rss - level), 0) / spread
  const rest = points.reduce((sum, { minute, rss }) => sum + (rss - level - slope * (minute - middle)) ** 2, 0)
  return { slope: slope * 60, slopeError: 2 * Math.sqrt(rest / Math.max(count - 2, 1) / spread) * 60 }
}
