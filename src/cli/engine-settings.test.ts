import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

/** For a second and a half there are always some tens of thousands of objects that are not garbage yet. */
const MANY_SURVIVORS = `
  const end = performance.now() + 1500
  const kept = []
  const more = () => {
    kept.push(Array.from({ length: 20_000 }, (_, index) => ({ index })))
    if (kept.length > 20) kept.shift()
    if (performance.now() < end) return void setImmediate(more)
    const { getHeapSpaceStatistics } = process.getBuiltinModule('node:v8')
    const space = getHeapSpaceStatistics().find((each) => each.space_name === 'new_space')
    process.stdout.write(String(space.space_size / 1024 / 1024))
    process.exit()
  }
  more()`

it('a process that serves gives young objects no more room for a burst of survivors', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ucr-engine-'))
  const program = `
    import { engineHasStarted, setUpEngine } from ${JSON.stringify(new URL('engine-settings.ts', import.meta.url).href)}
    setUpEngine(${JSON.stringify(folder)})
    engineHasStarted()
    ${MANY_SURVIVORS}`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program])
  expect(stderr.toString()).toBe('')
  expect(Number(stdout.toString())).toBeGreaterThan(0)
  // V8 alone makes it several times as large.
  expect(Number(stdout.toString())).toBeLessThanOrEqual(32)
  rmSync(folder, { recursive: true })
})
