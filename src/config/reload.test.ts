import { describe, expect, it } from 'vitest'
import { loadText } from '../../test/support/load-text.ts'
import type { LoadedConfig } from './load.ts'
import { ConfigError, problemWithoutPlace } from './problem.ts'
import { Reloader, type ReloadReport } from './reload.ts'

/** A reloader whose snapshots are the names of the providers, and all that happens to it. */
async function reloading(first: unknown) {
  let next: () => Promise<LoadedConfig> = () => Promise.reject(new Error('nothing to load'))
  const swaps: string[] = []
  const reports: ReloadReport[] = []
  const loaded = await loadText(first)
  const snapshotOf = ({ config }: LoadedConfig): string => config.providers.map(({ id }) => id).join()
  const reloader = new Reloader(
    {
      load: () => next(),
      build: (config) => {
        const snapshot = snapshotOf(config)
        if (snapshot === 'unbuildable') throw new Error('cannot build')
        return snapshot
      },
      swap: (now, previous) => swaps.push(`${previous} -> ${now}`),
      report: (report) => reports.push(report),
    },
    snapshotOf(loaded),
    loaded.config,
  )
  const loadNext = (load: () => Promise<LoadedConfig>): void => {
    next = load
  }
  return { reloader, swaps, reports, loadNext }
}

const withProvider = (id: string, rest: object = {}) => ({
  providers: [{ id, type: 'openai', apiKey: 'k' }],
  ...rest,
})

describe('Reloader', () => {
  it('swaps to what the new config builds', async () => {
    const { reloader, swaps, reports, loadNext } = await reloading(withProvider('one'))
    loadNext(() => loadText(withProvider('two')))
    await reloader.reload()
    expect(reloader.snapshot).toBe('two')
    expect(swaps).toEqual(['one -> two'])
    expect(reports).toEqual([{ swapped: true, problems: [], needRestart: [] }])
  })

  it('keeps the old one when the new config is wrong, and takes the corrected one', async () => {
    const { reloader, swaps, reports, loadNext } = await reloading(withProvider('one'))
    loadNext(() => loadText('{ "providers": ['))
    await reloader.reload()
    expect([reloader.snapshot, swaps]).toEqual(['one', []])
    expect(reports[0]).toMatchObject({ swapped: false, problems: [{ severity: 'error', line: 1 }] })
    loadNext(() => loadText(withProvider('two')))
    await reloader.reload()
    expect(reloader.snapshot).toBe('two')
  })

  it('keeps the old one when the new one cannot be built, and tells why', async () => {
    const { reloader, swaps, reports, loadNext } = await reloading(withProvider('one'))
    loadNext(() => loadText(withProvider('unbuildable')))
    await reloader.reload()
    expect([reloader.snapshot, swaps]).toEqual(['one', []])
    expect(reports[0]?.problems).toMatchObject([
      { severity: 'error', message: expect.stringContaining('cannot build') },
    ])
  })

  it('reports the problems that a build finds as they are', async () => {
    const { reloader, reports, loadNext } = await reloading(withProvider('one'))
    const problem = problemWithoutPlace({ severity: 'error', message: 'm' })
    loadNext(() => Promise.reject(new ConfigError([problem])))
    await reloader.reload()
    expect(reports[0]?.problems).toEqual([problem])
  })

  it('passes warnings on', async () => {
    const { reloader, reports, loadNext } = await reloading(withProvider('one'))
    loadNext(() => loadText(withProvider('two', { xyz: 1 })))
    await reloader.reload()
    expect(reports[0]).toMatchObject({ swapped: true, problems: [{ severity: 'warning', field: 'xyz' }] })
  })

  it('names what a running process cannot change', async () => {
    const { reloader, reports, loadNext } = await reloading(withProvider('one'))
    loadNext(() => loadText(withProvider('one', { server: { port: 1, bodyLimit: 1 }, logging: { pretty: true } })))
    await reloader.reload()
    await reloader.reload()
    expect(reports.map(({ needRestart }) => needRestart)).toEqual([['server.port', 'logging.pretty'], []])
  })

  it('loads once more when it is asked while it loads, and only once', async () => {
    const { reloader, swaps, loadNext } = await reloading(withProvider('zero'))
    let loads = 0
    const first = Promise.withResolvers<void>()
    loadNext(async () => {
      loads++
      const id = `load-${loads}`
      if (loads === 1) await first.promise
      return loadText(withProvider(id))
    })
    const all = [reloader.reload(), reloader.reload(), reloader.reload()]
    first.resolve()
    await Promise.all(all)
    expect(loads).toBe(2)
    expect(swaps).toEqual(['zero -> load-1', 'load-1 -> load-2'])
    await reloader.reload()
    expect(reloader.snapshot).toBe('load-3')
  })
})
