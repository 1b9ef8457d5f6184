import type { Ext } from '../../canonical/ext.ts'
import type { LossSink } from '../../canonical/loss.ts'
import { GatewayError } from '../../lib/error.ts'
import { scanJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { PROTOCOL } from './wire.ts'

/** Reports what another protocol said beyond the canonical form. A null says nothing, and hints are about shape only. */
export function reportForeign(ext: Ext | null, prefix: string, losses: LossSink): void {
  if (ext === null || ext.protocol === PROTOCOL) return
  for (const [name, value] of ext.fields) reportField(name, value, prefix, losses)
}

/** Fields of a request that ask for another kind of answer. Without them it would not be what was asked for at all. */
const ESSENTIAL: ReadonlyMap<string, { readonly asks: (value: JsonNode) => boolean; readonly problem: string }> =
  new Map([
    ['n', { asks: (value) => (value.number ?? 1) !== 1, problem: 'this model gives one answer to a request' }],
    [
      'modalities',
      {
        asks: (value) => value.items.some((item) => item.string !== 'text'),
        problem: 'this model answers in text only',
      },
    ],
  ])

/** Reports the fields of a request, and refuses those without which the answer would be another one. */
export function reportForeignRequest(ext: Ext | null, losses: LossSink): void {
  for (const [name, value] of ext === null || ext.protocol === PROTOCOL ? [] : ext.fields) {
    const essential = ESSENTIAL.get(name)
    if (essential?.asks(scanJson(value)) === true) {
      throw new GatewayError('unsupported_parameter', `${name}: ${essential.problem}.`, { param: name })
    }
    if (essential === undefined) reportField(name, value, '', losses)
  }
}

function reportField(name: string, value: JsonText, prefix: string, losses: LossSink): void {
  if (!name.startsWith('$') && value !== 'null') losses.drop(prefix + name, 'no equivalent in Anthropic Messages')
}
