import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of what something still needs, long texts outside of the heap among them. */
export async function usedHeap(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  // What a collection lets go of is not all given back at its end, and what the last answers needed not before the next turn.
  for (let round = 0; round < 3; round++) {
    await nextTurn()
    if (typeof collect === 'function') collect()
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  // Memory of buffers is given back when it is needed, not when it is free.
  return heapUsed + external - arrayBuffers
}
