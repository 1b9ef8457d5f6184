import { readFileSync, readdirSync } from 'node:fs'

/** Ticks of the process clock per second (`getconf CLK_TCK`); 100 on every Linux that Node runs on. */
const TICKS = 100

export interface TreeCost {
  /** User and system time of the process, all its descendants and those that ended and were waited for, microseconds. */
  readonly cpu: number
  /** Resident bytes of all of them. */
  readonly rss: number
  readonly processes: number
}

/** What a process and its descendants have cost so far, from `/proc`. */
export function costOf(pid: number): TreeCost {
  let [cpu, rss, processes] = [0, 0, 0]
  for (const member of treeOf(pid)) {
    const stat = statOf(member)
    if (stat === null) continue
    // The scheduler's own count is exact to the nanosecond, but forgets threads that ended.
    cpu += Math.max(threadTime(member), (stat.ticks / TICKS) * 1e6) + (stat.childTicks / TICKS) * 1e6
    rss += stat.rss
    processes++
  }
  return { cpu, rss, processes }
}

function treeOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const parent = statOf(pid)?.parent
    if (parent === undefined) continue
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** Microseconds on a core, of all threads that live. */
function threadTime(pid: number): number {
  try {
    const times = readdirSync(`/proc/${pid}/task`).map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]),
    )
    return times.reduce((sum, time) => sum + time, 0) / 1000
  } catch {
    return 0
  }
}

interface Stat {
  readonly parent: number
  readonly ticks: number
  readonly childTicks: number
  readonly rss: number
}

function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold spaces; the fields behind it do not.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [parent = 0, user = 0, system = 0, childUser = 0, childSystem = 0, pages = 0] = [1, 11, 12, 13, 14, 21].map(
      (at) => fields[at],
    )
    return { parent, ticks: user + system, childTicks: childUser + childSystem, rss: pages * 4096 }
  } catch {
    return null
  }
}
