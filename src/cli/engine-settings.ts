import { enableCompileCache, flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'

/**
 * What V8 is told before the program is loaded: docs/decisions/2026-11-29-requests-stay-young.md, and for the last two
 * docs/decisions/2026-11-29-a-small-start.md. Compiled code is kept in `folder`, and only taken where it was compiled under
 * the same flags.
 */
export function setUpEngine(folder: string): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString(growthOfYoungGeneration(1))
  enableCompileCache(folder)
}

/** A gateway serves from now on. */
export function engineHasStarted(): void {
  setFlagsFromString(growthOfYoungGeneration(2))
  // Node would keep it when the process ends, which a gateway that is killed does not.
  setImmediate(flushCompileCache)
}

function growthOfYoungGeneration(factor: number): string {
  return `--semi-space-growth-factor=${factor}`
}
