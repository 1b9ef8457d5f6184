import { describe, expect, it } from 'vitest'
import { MemoryMonitor } from './memory-monitor.ts'
import type { MemoryAlert, MemorySettings } from './memory-monitor.ts'

const SETTINGS: MemorySettings = { threshold: 0.8, resumeBelow: 0.7, shedAbove: 0.9, interval: 1000, warnBytes: 0 }

function monitored(settings: Partial<MemorySettings> = {}, relievedTo: number | null = null) {
  const state = { ratio: 0.1, now: 0, relieved: 0, collected: 0, heapBytes: 0 }
  const alerts: MemoryAlert['kind'][] = []
  const monitor = new MemoryMonitor({
    settings: { ...SETTINGS, ...settings },
    read: () => ({
      limit: 'heap',
      ratio: state.ratio,
      usedBytes: state.ratio * 100,
      limitBytes: 100,
      heapBytes: state.heapBytes,
    }),
    relieve: () => void state.relieved++,
    collect: () => {
      state.collected++
      if (relievedTo !== null) state.ratio = relievedTo
    },
    alert: ({ kind }) => void alerts.push(kind),
    now: () => state.now,
  })
  const at = (ratio: number): void => {
    state.ratio = ratio
    monitor.check()
  }
  return { state, alerts, monitor, at }
}

describe('MemoryMonitor', () => {
  it('acts once when memory runs short, and again only after there was enough', () => {
    const { alerts, state, at, monitor } = monitored()
    for (const ratio of [0.79, 0.8, 0.85, 0.72, 0.85]) at(ratio)
    expect(alerts).toEqual(['pressure'])
    expect(state).toMatchObject({ relieved: 1, collected: 1 })
    expect(monitor.getStats()).toMatchObject({ underPressure: true, shedding: false, events: 1, collections: 1 })
    at(0.69)
    expect(monitor.getStats()).toMatchObject({ underPressure: false, events: 1 })
    at(0.81)
    expect(alerts).toEqual(['pressure', 'relieved', 'pressure'])
    expect(monitor.getStats().events).toBe(2)
  })

  it('has no room from shedAbove until memory is below the threshold, but for one request within each interval', () => {
    const { alerts, state, at, monitor } = monitored()
    at(0.89)
    expect(monitor.hasRoom(0)).toBe(true)
    at(0.9)
    expect(alerts).toEqual(['pressure', 'shedding'])
    expect([monitor.hasRoom(0), monitor.hasRoom(0)]).toEqual([false, false])
    state.now += 1000
    expect([monitor.hasRoom(0), monitor.hasRoom(0)]).toEqual([true, false])
    at(0.85)
    expect(monitor.hasRoom(0)).toBe(false)
    at(0.79)
    expect(monitor.hasRoom(0)).toBe(true)
  })

  it('refuses nothing where a collection was enough', () => {
    const { alerts, at, monitor } = monitored({}, 0.3)
    at(0.95)
    expect(monitor.hasRoom(0)).toBe(true)
    expect(alerts).toEqual(['pressure', 'relieved'])
  })

  it('refuses nothing with shedAbove 1', () => {
    const { at, monitor } = monitored({ shedAbove: 1 })
    at(1)
    expect(monitor.hasRoom(0)).toBe(true)
  })

  it('does not wait for its timer while requests come in', () => {
    const { state, monitor } = monitored()
    expect(monitor.hasRoom(0)).toBe(true)
    state.ratio = 0.95
    expect(monitor.hasRoom(0)).toBe(true)
    state.now += 100
    expect(monitor.hasRoom(0)).toBe(false)
  })

  it('counts in what is on its way and cannot be seen yet', () => {
    const { state, monitor, at } = monitored()
    at(0.5)
    // Of 100 bytes, 40 are left below shedAbove, and each byte of a request takes eight.
    expect([monitor.hasRoom(2), monitor.hasRoom(1), monitor.hasRoom(2)]).toEqual([true, true, false])
    for (let time = 0; time < 5; time++) {
      state.now += 100
      expect(monitor.hasRoom(2)).toBe(false)
    }
    monitor.received(2)
    monitor.received(1)
    expect(monitor.hasRoom(2)).toBe(false)
    state.now += 100
    expect(monitor.hasRoom(2)).toBe(false)
    state.now += 100
    expect(monitor.hasRoom(2)).toBe(true)
    expect(monitor.getStats().shedding).toBe(false)
  })

  it('refuses what cannot fit, and takes it with shedAbove 1', () => {
    expect(monitored().monitor.hasRoom(1000)).toBe(false)
    expect(monitored({ shedAbove: 1 }).monitor.hasRoom(1000)).toBe(true)
  })

  it('collects again and again while it refuses', () => {
    const { state, at } = monitored()
    at(0.95)
    const first = state.collected
    state.now += 4000
    at(0.95)
    expect(state.collected).toBe(first)
    state.now += 1000
    at(0.95)
    expect(state.collected).toBe(first + 1)
  })

  it('has a word about so many objects once, until there are clearly fewer', () => {
    const { alerts, state, at } = monitored({ warnBytes: 1000 })
    for (const heapBytes of [999, 1000, 950, 1200, 899, 1001]) {
      state.heapBytes = heapBytes
      at(0.1)
    }
    expect(alerts).toEqual(['large', 'large'])
  })
})
