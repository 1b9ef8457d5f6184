import type { Ext } from '../../canonical/ext.ts'
import type { LossSink } from '../../canonical/loss.ts'
import { PROTOCOL } from './wire.ts'

/** Reports what another protocol said beyond the canonical form. A null says nothing, and hints are about shape only. */
export function reportForeign(ext: Ext | null, prefix: string, losses: LossSink): void {
  if (ext === null || ext.protocol === PROTOCOL) return
  for (const [name, value] of ext.fields) {
    if (!name.startsWith('$') && value !== 'null') losses.drop(prefix + name, 'no equivalent in Anthropic Messages')
  }
}
