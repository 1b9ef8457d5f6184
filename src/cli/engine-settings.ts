import { enableCompileCache, flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { watchYoungGeneration } from './young-generation.ts'

/**
 * What V8 is told before the program is loaded: docs/decisions/2026-11-29-requests-stay-young.md,
 * docs/decisions/2026-11-29-a-small-gateway.md, and docs/decisions/2026-11-29-a-small-start.md. Compiled code is kept in
 * `folder`, and only taken where it was compiled under the same flags.
 */
export function setUpEngine(folder: string): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString('--no-maglev-destroy-on-background')
  allowGrowth(false)
  enableCompileCache(folder)
}

/** A gateway serves from now on. */
export function engineHasStarted(): void {
  watchYoungGeneration(allowGrowth)
  // Node would keep it when the process ends, which a gateway that is killed does not.
  setImmediate(flushCompileCache)
}

/** Of the room for young objects. */
function allowGrowth(growth: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${growth ? 2 : 1}`)
}
