import { ask, runLoad } from '../load.ts'
import type { LoadResult } from '../load.ts'
import { costOf } from '../process-tree.ts'
import type { TreeCost } from '../process-tree.ts'
import type { Scenario } from '../scenarios.ts'
import { megabytes } from './row.ts'
import type { Bench, Row, Started, Values } from './row.ts'

const WARM_UP = 1000

/** A scenario under load, in the process that the load rows of a gateway share. */
export function loadRow(scenario: Scenario, slow: boolean): Row {
  const warm = new Set<string>()
  return {
    ...scenario,
    slow,
    takes: ({ name, kinds }) => kinds.includes(scenario.kind) && (name !== 'direct' || DIRECT.has(scenario.id)),
    check: async (contestant, bench) => wrongAnswer(await bench.shared(contestant), scenario),
    async measure(contestant, bench) {
      const started = await bench.shared(contestant)
      if (!warm.has(contestant.name)) await load(bench, started, scenario, WARM_UP)
      warm.add(contestant.name)
      return load(bench, started, scenario, bench.options.duration)
    },
  }
}

/** Where what a gateway adds to a direct call is asked. */
const DIRECT = new Set(['same-small', 'same-paced', 'cross-paced'])

/** Null when the whole answer is there and, where it should come from the cache, does. */
export async function wrongAnswer({ running, port }: Started, scenario: Scenario): Promise<string | null> {
  const target = running.target(scenario.kind)
  const asked = await ask(port, target, scenario.body(target.model, 1))
  if (asked.status !== 200) return `status ${asked.status}: ${asked.text.slice(0, 200)}`
  const missing = scenario.expect.filter((text) => !asked.text.includes(text))
  if (missing.length > 0) return `the answer lacks ${missing.join(', ')}`
  if (scenario.kind !== 'cached' || target.method === 'GET') return null
  const again = await ask(port, target, scenario.body(target.model, 1))
  const state = again.headers['x-ucr-cache'] ?? again.headers['x-portkey-cache-status']
  return String(state).toLowerCase() === 'hit' ? null : 'the second answer does not come from a cache'
}

async function load(bench: Bench, { running, port }: Started, scenario: Scenario, duration: number): Promise<Values> {
  const before = costOf(running.pid)
  const target = running.target(scenario.kind)
  // Streams that all start at once would be measured in step.
  const stagger = scenario.events === null ? 0 : 500
  const result = await runLoad(bench.tools, { port, target, scenario, duration, stagger })
  return valuesOf(result, before, costOf(running.pid), scenario.events)
}

/** CPU by request, or by event where the scenario has events. Throws when answers were wrong: they do not count. */
export function valuesOf(result: LoadResult, before: TreeCost, after: TreeCost, events: number | null): Values {
  const bad = result.failures + result.wrong
  if (bad > result.requests / 100) {
    throw new Error(
      `${bad} of ${result.requests + result.failures} answers are wrong, last status ${result.lastStatus}`,
    )
  }
  const units = events === null ? result.requests : Math.max(result.events, 1)
  const times = (['firstByte', 'firstToken', 'latency', 'delay'] as const).flatMap((name) => {
    const [p50, p99] = result[name]
    return p50 === null || p99 === null ? [] : [[`${name}P50`, p50] as const, [`${name}P99`, p99] as const]
  })
  return {
    cpu: (after.cpu - before.cpu) / units,
    driverCpu: (result.cpu * 1e6) / units,
    perSecond: result.requests / result.seconds,
    rss: megabytes(after.rss),
    failures: bad,
    ...(events === null ? {} : { lost: result.lost, merged: result.merged, late: result.late }),
    ...Object.fromEntries(times),
  }
}
