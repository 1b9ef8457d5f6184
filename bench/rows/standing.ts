import { ask } from '../load.ts'
import { costOf } from '../process-tree.ts'
import { scenarios } from '../scenarios.ts'
import { megabytes, pause } from './row.ts'
import type { Row } from './row.ts'

const IDLE_SECONDS = 10
const small = scenarios.find(({ id }) => id === 'same-small')
if (small === undefined) throw new Error('there is no small request')
const { body } = small

/** A gateway that has served one request and is then left alone. */
export const idleRow: Row = {
  id: 'idle',
  title: 'left alone',
  kind: 'same',
  slow: false,
  rounds: 1,
  takes: ({ name }) => name !== 'direct',
  check: () => Promise.resolve(null),
  async measure(contestant, bench) {
    await bench.stopShared()
    const { running, port } = await bench.fresh(contestant)
    try {
      const target = running.target('same')
      await ask(port, target, body(target.model, 1))
      await pause(5000)
      const before = costOf(running.pid)
      await pause(IDLE_SECONDS * 1000)
      const after = costOf(running.pid)
      const metrics = await ask(port, { ...target, method: 'GET', path: '/debug/metrics' }, '')
      const heap = /"heapUsed":\s*"([\d.]+) ?MB"/.exec(metrics.text)?.[1]
      return {
        rss: megabytes(after.rss),
        cpuPercent: (after.cpu - before.cpu) / IDLE_SECONDS / 1e4,
        ...(heap === undefined ? {} : { heapUsed: Number(heap) }),
      }
    } finally {
      await running.stop()
    }
  },
}

/** From the start of the process to the end of the first answer, on whatever core the machine gives it. */
export const startRow: Row = {
  id: 'start',
  title: 'start to the first served request',
  kind: 'same',
  slow: false,
  rounds: 5,
  takes: ({ name }) => name !== 'direct',
  check: () => Promise.resolve(null),
  async measure(contestant, bench) {
    await bench.stopShared()
    const from = performance.now()
    const { running, port } = await bench.fresh(contestant, null)
    try {
      const target = running.target('same')
      for (let tries = 0; tries < 2000; tries++) {
        const { status } = await ask(port, target, body(target.model, 1))
        if (status === 200) return { milliseconds: performance.now() - from }
        await pause(5)
      }
      throw new Error('no right answer')
    } finally {
      await running.stop()
    }
  },
}
