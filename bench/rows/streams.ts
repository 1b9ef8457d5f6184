import { runLoad } from '../load.ts'
import { costOf } from '../process-tree.ts'
import { claudeCode, paced, scenarios } from '../scenarios.ts'
import type { Scenario } from '../scenarios.ts'
import { valuesOf, wrongAnswer } from './load-row.ts'
import { megabytes, pause } from './row.ts'
import type { Bench, Row, Started, Values } from './row.ts'

const COUNT = 1000
/** 30 events a second for nine seconds. */
const FAST = { gap: 33, events: 270, stagger: 2500, duration: 8000 }
/** One event a second: what a stream costs by being there. */
const SLOW = { gap: 1000, events: 8, stagger: 2000, duration: 3000 }

/** 1,000 streams at 30 events a second each, in a process of its own on one core. */
export function manyStreams(kind: 'same' | 'cross'): Row {
  const scenario = streams(`${kind}-streams`, '1,000 streams at 30 events a second, per event', kind, FAST)
  return {
    ...scenario,
    slow: true,
    rounds: 3,
    takes: ({ kinds }) => kinds.includes(kind),
    check: (contestant, bench) => checkFresh(contestant, bench, scenario),
    measure: (contestant, bench) =>
      inProcessOfItsOwn(contestant, bench, async (started) => {
        await warmUp(bench, started, kind)
        return run(bench, started, scenario, FAST)
      }),
  }
}

/** What 1,000 open streams add to the memory of a warmed process. */
export function memoryOfStreams(kind: 'same' | 'cross'): Row {
  return memoryRow(streams(`${kind}-memory`, 'memory with 1,000 slow streams', kind, SLOW), kind)
}

/** The same with the prompts of Claude Code. */
export function memoryOfLongPrompts(kind: 'same' | 'cross'): Row {
  const { gap, events } = SLOW
  const work = paced(COUNT, gap, events, claudeCode)
  return memoryRow(
    { id: `${kind}-memory-large`, title: 'memory with 1,000 slow streams, prompts of 150 KB', kind, ...work },
    kind,
  )
}

function memoryRow(scenario: Scenario, kind: 'same' | 'cross'): Row {
  return {
    ...scenario,
    slow: true,
    rounds: 3,
    takes: ({ kinds }) => kinds.includes(kind),
    check: (contestant, bench) => checkFresh(contestant, bench, scenario),
    measure: (contestant, bench) =>
      inProcessOfItsOwn(contestant, bench, async (started) => {
        await warmUp(bench, started, kind)
        const before = megabytes(costOf(started.running.pid).rss)
        const values = await run(bench, started, scenario, SLOW)
        return { ...values, kilobytesPerStream: (((values['peakRss'] ?? Number.NaN) - before) * 1024) / COUNT }
      }),
  }
}

type Pace = typeof FAST

function streams(id: string, title: string, kind: 'same' | 'cross', { gap, events }: Pace): Scenario {
  return { id, title, kind, ...paced(COUNT, gap, events) }
}

async function inProcessOfItsOwn(
  contestant: Parameters<Row['measure']>[0],
  bench: Bench,
  step: (started: Started) => Promise<Values>,
): Promise<Values> {
  await bench.stopShared()
  const started = await bench.fresh(contestant)
  try {
    return await step(started)
  } finally {
    await started.running.stop()
  }
}

async function checkFresh(
  contestant: Parameters<Row['check']>[0],
  bench: Bench,
  scenario: Scenario,
): Promise<string | null> {
  const started = await bench.fresh(contestant)
  try {
    return await wrongAnswer(started, { ...scenario, ...paced(1, 10, 5) })
  } finally {
    await started.running.stop()
  }
}

/**
 * Compiles what a stream needs, so that the code is not counted as memory of streams; with so few of them that the garbage
 * of a full load is not counted either.
 */
async function warmUp(bench: Bench, { running, port }: Started, kind: 'same' | 'cross'): Promise<void> {
  const scenario = scenarios.find(({ id }) => id === `${kind}-paced`)
  if (scenario === undefined) throw new Error('there is no paced stream')
  await runLoad(bench.tools, { port, target: running.target(kind), scenario, duration: 1500, stagger: 500 })
  await pause(500)
}

async function run(bench: Bench, { running, port }: Started, scenario: Scenario, pace: Pace): Promise<Values> {
  const before = costOf(running.pid)
  let peak = before.rss
  const watch = setInterval(() => {
    peak = Math.max(peak, costOf(running.pid).rss)
  }, 200)
  try {
    const { stagger, duration } = pace
    const target = running.target(scenario.kind)
    const result = await runLoad(bench.tools, { port, target, scenario, duration, stagger })
    const values = valuesOf(result, before, costOf(running.pid), scenario.events)
    return { ...values, peakRss: megabytes(peak) }
  } finally {
    clearInterval(watch)
  }
}
