import type { Ext } from '../../canonical/ext.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import { PROTOCOL } from './wire.ts'

/**
 * Collects what a wire node says beyond its typed fields, so that `NodeWriter` can write it again.
 *
 * - `x`, `metadata.x`: a field without a type, or one whose value its type cannot hold. It is written as it was, instead of
 *   the typed value, and other protocols report it as lost.
 * - `$x`, `$metadata.x`: how the client spelled an absent value (`null`, `false`, `[]`). Written while the typed value is
 *   still absent.
 * - `$$x`: the client's own field `$x`.
 */
export class ExtCollector {
  readonly #fields = new Map<string, JsonText>()

  /** Every member whose name is not `typed`. `prefix` is the path of a nested node with its dot: `source.`. */
  rest(node: JsonNode, typed: ReadonlySet<string>, prefix = ''): this {
    for (const { name, value } of node.members) {
      if (!typed.has(name)) this.keep(name, value, prefix)
    }
    return this
  }

  /** The member as it stands. */
  keep(name: string, value: JsonNode, prefix = ''): this {
    const isLikeHint = prefix === '' && name.startsWith('$')
    this.#fields.set(isLikeHint ? `$${name}` : `${prefix}${name}`, value.raw)
    return this
  }

  hint(name: string, value: JsonText): this {
    this.#fields.set(`$${name}`, value)
    return this
  }

  /** Null when nothing was collected. */
  get ext(): Ext | null {
    return this.#fields.size === 0 ? null : this.root
  }

  /** Never null: an empty one still says which protocol a request or an answer came from. */
  get root(): Ext {
    return { protocol: PROTOCOL, fields: this.#fields }
  }
}

/** The hint `$name` of a node that came in this protocol, or null. */
export function hintOf(ext: Ext | null, name: string): JsonText | null {
  return isOwn(ext) ? (ext.fields.get(`$${name}`) ?? null) : null
}

export function isOwn(ext: Ext | null): ext is Ext {
  return ext !== null && ext.protocol === PROTOCOL
}
