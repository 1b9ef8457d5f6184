import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { GatewayError } from '../../lib/error.ts'
import { CaptureFolder } from './capture-folder.ts'
import { Captures, freeMemory } from './captures.ts'

function setUp(memory = Infinity) {
  const path = mkdtempSync(join(tmpdir(), 'ucr-captures-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  const time = { now: 0 }
  const folder = new CaptureFolder(path)
  const captures = new Captures({
    folder,
    freeMemory: () => memory,
    now: () => time.now,
    wallClock: () => 1_700_000_000_000 + time.now,
    excused: (_kind, work) => work(),
  })
  return { captures, path, folder, time }
}

async function refusal(taking: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await taking.catch((thrown: unknown) => thrown)
  if (error instanceof GatewayError) return error
  throw new Error('it was not refused', { cause: error })
}

/** A profile that ends at once. */
const PROFILE = { kind: 'cpu', seconds: 60 } as const

describe('Captures', () => {
  it('takes one a minute', async () => {
    const { captures, time, path } = setUp()
    captures.close()
    await captures.take(PROFILE)
    time.now = 59_000
    expect(await refusal(captures.take(PROFILE))).toMatchObject({ code: 'rate_limited', status: 429, retryAfter: 1 })
    time.now = 60_000
    await captures.take(PROFILE)
    expect(readdirSync(path)).toHaveLength(2)
  })

  it('takes one at a time', async () => {
    const { captures } = setUp()
    const first = captures.take(PROFILE)
    expect(await refusal(captures.take({ kind: 'heap' }))).toMatchObject({ code: 'rate_limited' })
    captures.close()
    expect((await first).capture.bytes).toBeGreaterThan(0)
  })

  it('takes no snapshot for which there is no memory, and a profile all the same', async () => {
    const { captures, path } = setUp(1024)
    captures.close()
    expect(await refusal(captures.take({ kind: 'heap' }))).toMatchObject({
      code: 'insufficient_storage',
      status: 507,
      shouldRetry: false,
    })
    expect(readdirSync(path)).toEqual([])
    expect((await captures.take(PROFILE)).capture.kind).toBe('cpu')
  })

  it('keeps ten files, clears away what died half written, and leaves what another process writes', async () => {
    const { captures, path } = setUp()
    captures.close()
    for (let index = 0; index < 12; index++) writeFileSync(join(path, `heap-${100 + index}-7.heapsnapshot`), '')
    // Of itself it can write nothing now; no process has the number beside it; the first process always runs.
    const [own, gone, running] = [process.pid, 2_147_483_646, 1].map((pid) => `.cpu-1-${pid}.cpuprofile.partial`)
    for (const name of [own, gone, running]) writeFileSync(join(path, String(name)), '')
    const { capture, removed } = await captures.take(PROFILE)
    expect([...removed].toSorted()).toEqual([
      'heap-100-7.heapsnapshot',
      'heap-101-7.heapsnapshot',
      'heap-102-7.heapsnapshot',
    ])
    const kept = readdirSync(path)
    expect(kept).toHaveLength(11)
    expect(kept).toEqual(expect.arrayContaining([capture.name, running]))
  })
})

it('freeMemory() is some, and not more than a machine has', () => {
  expect(freeMemory()).toBeGreaterThan(0)
  expect(Number.isFinite(freeMemory())).toBe(true)
})
