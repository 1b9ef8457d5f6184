import type { CgroupLimit } from './cgroup.ts'

export interface MemoryReading {
  /** The limit that is nearer: V8's on JavaScript objects, or the operating system's on the process and those beside it. */
  readonly limit: 'heap' | 'cgroup'
  readonly usedBytes: number
  readonly limitBytes: number
  /** `usedBytes` in `limitBytes`. */
  readonly ratio: number
  /** JavaScript objects that are not quite new, whichever limit is nearer. */
  readonly heapBytes: number
}

/** How near these are to their ends; of several the nearest. */
export function nearestLimit(heapBytes: number, heapLimit: number, cgroups: readonly CgroupLimit[]): MemoryReading {
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
