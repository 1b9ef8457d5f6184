import { getHeapStatistics } from 'node:v8'
import type { CgroupLimit } from './cgroup.ts'

export interface MemoryReading {
  /** The limit that is nearer: V8's on JavaScript objects, or the operating system's on the process and those beside it. */
  readonly limit: 'heap' | 'cgroup'
  readonly usedBytes: number
  readonly limitBytes: number
  /** `usedBytes` in `limitBytes`. */
  readonly ratio: number
  /** JavaScript objects, whichever limit is nearer. */
  readonly heapBytes: number
}

/** Some microseconds for the heap, and some more for each control group. */
export function readMemory(cgroups: readonly CgroupLimit[]): MemoryReading {
  const { used_heap_size: heapBytes, heap_size_limit: heapLimit } = getHeapStatistics()
  let nearest: MemoryReading = {
    limit: 'heap',
    usedBytes: heapBytes,
    limitBytes: heapLimit,
    ratio: heapBytes / heapLimit,
    heapBytes,
  }
  for (const { limitBytes, usedBytes } of cgroups) {
    const used = usedBytes()
    if (used === null || used / limitBytes <= nearest.ratio) continue
    nearest = { limit: 'cgroup', usedBytes: used, limitBytes, ratio: used / limitBytes, heapBytes }
  }
  return nearest
}
