import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { cgroupLimits } from './cgroup.ts'

const roots: string[] = []

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

/** A file system with just these files. */
function rootWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'ucr-cgroup-'))
  roots.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${text}\n`)
  }
  return root
}

function seen(root: string): readonly (readonly [limit: number, used: number | null])[] {
  return cgroupLimits(root).map(({ limitBytes, usedBytes }) => [limitBytes, usedBytes()])
}

describe('cgroupLimits()', () => {
  it('reads groups of the second generation, those further up too, and leaves out those without a limit', () => {
    const root = rootWith({
      'proc/self/cgroup': '0::/pod/app',
      'sys/fs/cgroup/pod/app/memory.max': '1000',
      'sys/fs/cgroup/pod/app/memory.current': '700',
      'sys/fs/cgroup/pod/app/memory.stat': 'anon 1\ninactive_file 200\nactive_file 5',
      'sys/fs/cgroup/pod/memory.max': '5000',
      'sys/fs/cgroup/pod/memory.current': '4000',
      'sys/fs/cgroup/memory.max': 'max',
    })
    expect(seen(root)).toEqual([
      [1000, 500],
      [5000, 4000],
    ])
  })

  it('reads groups of the first generation', () => {
    const root = rootWith({
      'proc/self/cgroup': '5:devices:/x\n4:memory:/docker/a\n0::/',
      'sys/fs/cgroup/memory/docker/a/memory.limit_in_bytes': '2000',
      'sys/fs/cgroup/memory/docker/a/memory.usage_in_bytes': '1500',
      'sys/fs/cgroup/memory/docker/a/memory.stat': 'inactive_file 1\ntotal_inactive_file 300',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
    })
    expect(seen(root)).toEqual([[2000, 1200]])
  })

  it('finds the group of a container that sees it as the root', () => {
    const root = rootWith({
      'proc/self/cgroup': '0::/kubepods/burstable/pod1',
      'sys/fs/cgroup/memory.max': '1000',
      'sys/fs/cgroup/memory.current': '10',
    })
    expect(seen(root)).toEqual([[1000, 10]])
  })

  it('has no use of a group that is gone, and no group where there are none', () => {
    const root = rootWith({ 'proc/self/cgroup': '0::/', 'sys/fs/cgroup/memory.max': '1000' })
    expect(seen(root)).toEqual([[1000, null]])
    expect(cgroupLimits(rootWith({}))).toEqual([])
  })
})
