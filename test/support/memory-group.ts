import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A control group below the one of this process, with a memory limit. */
export interface MemoryGroup {
  /** Moves a process into it. */
  take(pid: number): void
  /** Once its processes have ended. */
  remove(): void
}

/** Null where this machine, or this user, cannot make one. */
export function memoryGroup(limitBytes: number): MemoryGroup | null {
  for (const [parent, file] of parents()) {
    const place = join(parent, `ucr-test-${process.pid}`)
    try {
      mkdirSync(place)
    } catch {
      continue
    }
    try {
      writeFileSync(join(place, file), String(limitBytes))
      return {
        take: (pid) => writeFileSync(join(place, 'cgroup.procs'), String(pid)),
        remove: () => rmdirSync(place),
      }
    } catch {
      rmdirSync(place)
    }
  }
  return null
}

/** Where a group could be made, and how the file is called that holds its limit. */
function parents(): readonly (readonly [folder: string, file: string])[] {
  try {
    const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')
    return lines.flatMap((line): readonly (readonly [string, string])[] => {
      const [id, controllers = '', path = ''] = line.split(':')
      if (controllers.split(',').includes('memory')) {
        return [[join('/sys/fs/cgroup/memory', path), 'memory.limit_in_bytes']]
      }
      return id === '0' ? [[join('/sys/fs/cgroup', path), 'memory.max']] : []
    })
  } catch {
    return []
  }
}
