import type { JsonText } from '../lib/json.ts'
import type { ProtocolId } from './protocol-id.ts'

/**
 * Whatever a protocol said about a node that the canonical form has no typed field for: the field's wire name and its
 * literal. Also the place for shape hints that make `encode(decode(x))` give `x` again (a content string instead of an
 * array); those names start with `$` and are never sent or reported as lost.
 *
 * An encoder writes the fields of its own protocol back where they stood, and reports those of the others as lost.
 */
export interface Ext {
  readonly protocol: ProtocolId
  readonly fields: ReadonlyMap<string, JsonText>
}
