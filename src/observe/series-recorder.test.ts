import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BUCKET_COUNT, bucketOf } from './histogram.ts'
import { KEPT_POINTS, mergeSeries, SeriesRecorder } from './series-recorder.ts'

const START = 1_800_000_000_000

function count(buckets: Float64Array, milliseconds: number): void {
  const bucket = bucketOf(milliseconds)
  buckets[bucket] = (buckets[bucket] ?? 0) + 1
}

/** What a process has done, and a recorder that looks at it. */
class Process {
  clock = START
  requests = 0
  errors = 0
  spent = 0n
  asked = 0
  readonly buckets = new Float64Array(BUCKET_COUNT)
  readonly firstToken = new Float64Array(BUCKET_COUNT)
  milliseconds = 0
  readonly recorder = new SeriesRecorder({
    traffic: () => ({
      requests: this.requests,
      errors: this.errors,
      served: this.requests,
      milliseconds: this.milliseconds,
      buckets: this.buckets.slice(),
      firstToken: this.firstToken.slice(),
      inputTokens: this.requests * 100,
      outputTokens: this.requests * 10,
    }),
    spent: async () => {
      this.asked++
      return this.spent
    },
    memory: () => ({ rss: 1000, heapUsed: 100 }),
    inFlight: () => 2,
    sessions: () => 5,
    loopLag: () => 7,
    wallClock: () => this.clock,
  })

  serve(duration: number, isError = false): void {
    this.requests++
    if (isError) this.errors++
    this.spent += 250_000_000_000n
    this.milliseconds += duration
    count(this.buckets, duration)
  }

  stream(duration: number, firstToken: number): void {
    this.serve(duration)
    count(this.firstToken, firstToken)
  }

  async tick(): Promise<void> {
    this.clock += 10_000
    await this.recorder.sample()
  }
}

describe('SeriesRecorder', () => {
  it('tells what happened within each interval, and how things stand at its end', async () => {
    const one = new Process()
    one.serve(100)
    one.serve(300, true)
    await one.tick()
    one.serve(50)
    await one.tick()
    const [first, second] = mergeSeries([one.recorder.since(0)])
    expect(first).toMatchObject({
      time: START + 10_000,
      requests: 2,
      errors: 1,
      average: 200,
      inputTokens: 200,
      outputTokens: 20,
      dollars: 0.5,
      rss: 1000,
      heapUsed: 100,
      inFlight: 2,
      sessions: 5,
      loopLag: 7,
    })
    expect(first?.p50).toBeGreaterThanOrEqual(100)
    expect(first?.p99).toBeGreaterThanOrEqual(300)
    expect(second).toMatchObject({ time: START + 20_000, requests: 1, errors: 0, average: 50, dollars: 0.25 })
    expect(second?.p99).toBeLessThan(100)
  })

  it('tells the times to the first token of all processes, and null where there was none', async () => {
    const [one, other] = [new Process(), new Process()]
    one.stream(900, 50)
    other.stream(900, 800)
    await Promise.all([one.tick(), other.tick()])
    one.serve(900)
    await one.tick()
    const [first, second] = mergeSeries([one.recorder.since(0), other.recorder.since(0)])
    expect(first?.firstTokenP50).toBeGreaterThanOrEqual(50)
    expect(first?.firstTokenP50).toBeLessThan(60)
    expect(first?.firstTokenP99).toBeGreaterThanOrEqual(800)
    expect(second).toMatchObject({ requests: 1, firstTokenP50: null, firstTokenP95: null, firstTokenP99: null })
  })

  it('looks at no price while nothing happens', async () => {
    const idle = new Process()
    await idle.tick()
    await idle.tick()
    expect(idle.asked).toBe(0)
    expect(mergeSeries([idle.recorder.since(0)])).toMatchObject([
      { requests: 0, average: 0, p99: 0, dollars: 0 },
      { requests: 0, average: 0, p99: 0, dollars: 0 },
    ])
  })

  it('keeps so many points, and gives those of the time that is asked for', async () => {
    const one = new Process()
    for (let ticks = 0; ticks < KEPT_POINTS + 25; ticks++) {
      one.serve(1)
      await one.tick()
    }
    const all = mergeSeries([one.recorder.since(0)])
    expect(all).toHaveLength(KEPT_POINTS)
    expect(all[0]?.time).toBe(START + 26 * 10_000)
    expect(all.at(-1)?.time).toBe(one.clock)
    expect(one.recorder.since(one.clock - 60_000)).toHaveLength(6)
  })

  it('adds up processes that looked at the same moment, and takes the worst of what does not add up', async () => {
    const [one, other] = [new Process(), new Process()]
    one.serve(10)
    other.serve(1000, true)
    // Timers are not exact.
    one.clock += 40
    other.clock -= 40
    await Promise.all([one.tick(), other.tick()])
    expect(mergeSeries([one.recorder.since(0), other.recorder.since(0)])).toMatchObject([
      { requests: 2, errors: 1, average: 505, rss: 2000, inFlight: 4, sessions: 5, loopLag: 7, dollars: 0.5 },
    ])
  })
})

describe('the timer of a SeriesRecorder', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('looks at whole tens of seconds until it is stopped', async () => {
    const one = new Process()
    one.clock = START + 3000
    one.recorder.start()
    const step = async (milliseconds: number): Promise<void> => {
      one.clock += milliseconds
      await vi.advanceTimersByTimeAsync(milliseconds)
    }
    await step(6999)
    expect(one.recorder.since(0)).toHaveLength(0)
    await step(1)
    await step(10_000)
    expect(one.recorder.since(0).map(({ time }) => time)).toEqual([START + 10_000, START + 20_000])
    one.recorder.stop()
    await step(60_000)
    expect(one.recorder.since(0)).toHaveLength(2)
  })
})
