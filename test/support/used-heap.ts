import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of what something still needs, long texts outside of the heap among them. */
export function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  // Memory of buffers is given back when it is needed, not when it is free.
  return heapUsed + external - arrayBuffers
}
