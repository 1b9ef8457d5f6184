import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How the two generations of control groups name their files. */
interface Files {
  readonly folder: string
  readonly limit: string
  readonly usage: string
  readonly reclaimable: RegExp
}

/** Larger limits are how the kernel says that there is none. */
const NO_LIMIT = 2 ** 60

/** A limit of the operating system on this process and those beside it. */
export interface CgroupLimit {
  readonly limitBytes: number
  /** What the kernel cannot take back when it needs room: files that were only read are not in it. Null: it is gone. */
  readonly usedBytes: () => number | null
}

/** The memory limits that this process is under, those of groups further up too. `root` is the file system's. */
export function cgroupLimits(root = '/'): readonly CgroupLimit[] {
  const groups = read(join(root, 'proc/self/cgroup')) ?? ''
  return groups.split('\n').flatMap((line) => {
    const [id = '', controllers = '', path = ''] = line.split(':')
    const files = filesOf(root, id, controllers)
    return files === null ? [] : ancestorsOf(path).flatMap((group) => limitOf(files, group))
  })
}

function filesOf(root: string, id: string, controllers: string): Files | null {
  if (controllers.split(',').includes('memory')) {
    return {
      folder: join(root, 'sys/fs/cgroup/memory'),
      limit: 'memory.limit_in_bytes',
      usage: 'memory.usage_in_bytes',
      reclaimable: /^total_inactive_file (\d+)$/m,
    }
  }
  if (id !== '0') return null
  return {
    folder: join(root, 'sys/fs/cgroup'),
    limit: 'memory.max',
    usage: 'memory.current',
    reclaimable: /^inactive_file (\d+)$/m,
  }
}

/** A container often sees its own group as the root: paths that are not there are left out when they are read. */
function ancestorsOf(path: string): readonly string[] {
  const names = path.split('/').filter((name) => name !== '')
  return Array.from({ length: names.length + 1 }, (_, length) => names.slice(0, length).join('/')).toReversed()
}

function limitOf({ folder, limit, usage, reclaimable }: Files, group: string): readonly CgroupLimit[] {
  const place = join(folder, group)
  const limitBytes = Number(read(join(place, limit)) ?? Number.NaN)
  if (!(limitBytes > 0) || limitBytes >= NO_LIMIT) return []
  const usedBytes = (): number | null => {
    const used = read(join(place, usage))
    const spare = reclaimable.exec(read(join(place, 'memory.stat')) ?? '')?.[1]
    return used === null ? null : Math.max(0, Number(used) - Number(spare ?? 0))
  }
  return [{ limitBytes, usedBytes }]
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}
