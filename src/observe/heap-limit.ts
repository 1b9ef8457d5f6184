import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'

const MEGABYTE = 1024 * 1024

/** Where new objects are until they have survived two collections: V8 does not die of these being full. */
const YOUNG = new Set(['read_only_space', 'new_space', 'new_large_object_space'])

/** V8 sets aside three times a 64th of the old generation for the young one, at most this. */
const YOUNG_SHARE = 3 / 64
const MOST_YOUNG = 192 * MEGABYTE

const OLD_SPACE = /--max[-_]old[-_]space[-_]size[= ](\d+)/g

/**
 * Bytes that the old generation may have, at which V8 ends the process. What V8 calls the heap's limit has the young
 * generation in it: a process with `--max-old-space-size=64` dies at 64 MB, a quarter of its "limit".
 *
 * @param flags What Node was started with, later flags last.
 */
export function oldGenerationLimit(heapLimit: number, flags: readonly string[]): number {
  const given = [...flags.join(' ').matchAll(OLD_SPACE)].at(-1)?.[1]
  if (given !== undefined && Number(given) > 0) return Number(given) * MEGABYTE
  return heapLimit - Math.min(MOST_YOUNG, (heapLimit * YOUNG_SHARE) / (1 + YOUNG_SHARE))
}

/** The limit of this process. `nodeOptions`: those that Node took from the environment. */
export function ownHeapLimit(nodeOptions: string): number {
  return oldGenerationLimit(getHeapStatistics().heap_size_limit, [nodeOptions, ...process.execArgv])
}

/** Bytes of the old generation in use, garbage that was not collected yet among them. Some tens of microseconds. */
export function oldGenerationUsed(): number {
  return getHeapSpaceStatistics().reduce(
    (sum, { space_name: name, space_used_size: used }) => (YOUNG.has(name) ? sum : sum + used),
    0,
  )
}
