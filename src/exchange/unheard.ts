import type { LossSink } from '../canonical/loss.ts'
import { tryScanJsonBytes } from '../lib/json.ts'
import type { MessagesDialect } from '../protocols/dialect.ts'

const WHY = 'this provider sets it by itself'

/**
 * Reports what is sent to a host that takes it and does nothing with it. `cache_control` stands anywhere in a body; what looks
 * like one in a prompt has its quotes escaped.
 */
export function reportUnheard(body: Buffer | string, { unheard }: MessagesDialect, losses: LossSink): void {
  if (unheard.length === 0) return
  const bytes = Buffer.from(body)
  const root = tryScanJsonBytes(bytes)
  for (const field of unheard) {
    const isThere = field === 'cache_control' ? bytes.includes('"cache_control":') : root?.get(field) !== undefined
    if (isThere) losses.drop(field, WHY)
  }
}
