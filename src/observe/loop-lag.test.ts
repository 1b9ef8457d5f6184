import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LoopLag, worstLag } from './loop-lag.ts'

const BLOCKED = 1000
/** Longer than a busy machine lets anybody wait. */
const REST = 2000

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

function running(): LoopLag {
  const lag = new LoopLag()
  lag.start()
  onTestFinished(() => lag.stop())
  return lag
}

/** Lets the monitor look at least once. */
async function looked(lag: LoopLag): Promise<void> {
  while (lag.worst().max === 0) await delay(10)
}

describe('LoopLag', () => {
  it('sees that the event loop was blocked, until the window is out of sight', async () => {
    const lag = running()
    await looked(lag)
    block(BLOCKED)
    while (lag.worst().max < BLOCKED * 0.8) await delay(10)
    const { p50, p99, max } = lag.worst()
    expect(p50).toBeLessThanOrEqual(p99)
    expect(p99).toBeLessThanOrEqual(max)
    expect(lag.turn().max).toBeGreaterThanOrEqual(BLOCKED * 0.8)
    expect(lag.worst().max).toBeGreaterThanOrEqual(BLOCKED * 0.8)
    lag.stop()
    for (let windows = 0; windows < 6; windows++) lag.turn()
    expect(lag.worst()).toEqual({ p50: 0, p99: 0, max: 0 })
  })

  it('does not take a rest for being late', async () => {
    const lag = running()
    lag.turn()
    lag.stop()
    // As much time as passes while it is stopped: nobody waits for it.
    block(REST)
    lag.start()
    await looked(lag)
    expect(lag.worst().max).toBeLessThan(REST * 0.9)
  })
})

describe('worstLag()', () => {
  it('takes the worst of each, and nothing for nobody', () => {
    const list = [
      { p50: 1, p99: 2, max: 30 },
      { p50: 2, p99: 3, max: 4 },
    ]
    expect(worstLag(list)).toEqual({ p50: 2, p99: 3, max: 30 })
    expect(worstLag([])).toEqual({ p50: 0, p99: 0, max: 0 })
  })
})
