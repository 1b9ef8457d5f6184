import { createHash } from 'node:crypto'

/**
 * An id `[A-Za-z0-9]{length}` that is a pure function of the seeds: the same over restarts, machines and versions, so that
 * a prompt in which it stands keeps its bytes. `length` is at most 43.
 */
export function stableId(length: number, ...seeds: readonly string[]): string {
  const hash = createHash('sha256')
  // A length in front of each seed: ('ab', 'c') and ('a', 'bc') must differ.
  for (const seed of seeds) hash.update(`${seed.length}:`).update(seed)
  return hash.digest('base64url').replaceAll(/[-_]/g, '0').slice(0, length)
}
