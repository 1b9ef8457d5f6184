import type { Log } from '../observe/log.ts'
import type { MemoryAlert } from '../observe/memory-monitor.ts'

const TEXTS = {
  pressure: 'memory runs short: warm caches are emptied',
  relieved: 'there is enough memory again',
  shedding: 'memory is nearly full: new requests are refused for a while',
  large: 'there are more JavaScript objects than "memory.warnBytes"',
} as const satisfies Record<MemoryAlert['kind'], string>

export function logAlert({ kind, reading }: MemoryAlert, log: Log): void {
  const { limit, ratio, usedBytes, limitBytes, heapBytes } = reading
  const fields = { alert: kind, limit, ratio: Math.round(ratio * 1000) / 1000, usedBytes, limitBytes, heapBytes }
  if (kind === 'relieved') log.info(TEXTS[kind], fields)
  else log.warn(null, TEXTS[kind], fields)
}
