import { join } from 'node:path'
import { ucr } from '../gateways/ucr.ts'
import { runLoad } from '../load.ts'
import { costOf } from '../process-tree.ts'
import { scenarios } from '../scenarios.ts'
import { DRIVER_CORE, GATEWAY_CORE } from '../tools.ts'
import type { Bench, Row } from './row.ts'

/** Milliseconds for each worker: work of this size compiles slowly. */
const WARM_UP = 4000

/**
 * Answers per second of two workers on both cores beside one worker on one. The work is a translation of 150 KB: so long
 * that the driver and the far end, which share the second core, take little of it.
 */
export const workersRow: Row = {
  id: 'workers',
  title: 'two workers on two cores beside one',
  kind: 'cross',
  slow: true,
  rounds: 3,
  takes: ({ origin }) => origin === 'ours',
  check: () => Promise.resolve(null),
  async measure(_, bench) {
    await bench.stopShared()
    const one = await throughput(bench, 1, GATEWAY_CORE)
    const two = await throughput(bench, 2, `${GATEWAY_CORE},${DRIVER_CORE}`)
    return {
      one: one.perSecond,
      two: two.perSecond,
      oneCores: one.cores,
      twoCores: two.cores,
      speedUp: two.perSecond / one.perSecond,
    }
  },
}

interface Throughput {
  readonly perSecond: number
  /** What the gateway got of the machine: with less than the cores it was given, others had them and the figure is void. */
  readonly cores: number
}

async function throughput(bench: Bench, workers: number, cores: string): Promise<Throughput> {
  const root = join(import.meta.dirname, '..', '..')
  const { running, port } = await bench.fresh(ucr({ name: 'ucr', root, settings: { server: { workers } } }), cores)
  try {
    const scenario = scenarios.find(({ id }) => id === 'cross-large')
    if (scenario === undefined) throw new Error('there is no large request')
    const load = { port, target: running.target('cross'), scenario: { ...scenario, connections: 16 } }
    await runLoad(bench.tools, { ...load, duration: WARM_UP * workers })
    if (costOf(running.pid).processes < workers) throw new Error(`there are no ${workers} workers`)
    const before = costOf(running.pid).cpu
    const { requests, seconds } = await runLoad(bench.tools, { ...load, duration: bench.options.duration * 2 })
    return { perSecond: requests / seconds, cores: (costOf(running.pid).cpu - before) / seconds / 1e6 }
  } finally {
    await running.stop()
  }
}
