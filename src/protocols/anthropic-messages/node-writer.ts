import type { Ext } from '../../canonical/ext.ts'
import { JsonObjectWriter } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { isOwn } from './ext-collector.ts'

/** Writes a wire node from its typed fields and from what `ExtCollector` kept of it. Another protocol's ext is left out. */
export class NodeWriter {
  readonly #object = new JsonObjectWriter()
  readonly #fields: ReadonlyMap<string, JsonText> | null
  readonly #prefix: string
  readonly #nested: string[] = []

  constructor(ext: Ext | null, prefix = '') {
    this.#fields = isOwn(ext) && ext.fields.size > 0 ? ext.fields : null
    this.#prefix = prefix
  }

  /** A typed field; null when absent. */
  add(name: string, value: JsonText | null): this {
    const fields = this.#fields
    if (fields === null) {
      this.#object.add(name, value)
    } else if (!fields.has(this.#prefix + name)) {
      this.#object.add(name, value ?? fields.get(`$${this.#prefix}${name}`) ?? null)
    }
    return this
  }

  /** A field whose shape the caller has chosen by itself: hints do not count. */
  addShaped(name: string, value: JsonText | null): this {
    if (this.#fields?.has(this.#prefix + name) !== true) this.#object.add(name, value)
    return this
  }

  /** A field that is a node of its own; absent when nothing is in it. */
  nested(name: string, ext: Ext | null, write: (writer: NodeWriter) => void): this {
    const writer = new NodeWriter(ext, `${this.#prefix}${name}.`)
    write(writer)
    const text = writer.finish()
    this.#nested.push(`${name}.`)
    return this.add(name, text === '{}' ? null : text)
  }

  /** The node with everything that has no typed field. Call it last. */
  finish(): JsonText {
    for (const [name, value] of this.#fields ?? []) {
      const own = this.#ownName(name)
      if (own !== null) this.#object.add(own, value)
    }
    return this.#object.text
  }

  /** The wire name of a collected field of this node, or null when it belongs elsewhere. */
  #ownName(name: string): string | null {
    if (name.startsWith('$')) return this.#prefix === '' && name.startsWith('$$') ? name.slice(1) : null
    if (!name.startsWith(this.#prefix)) return null
    const own = name.slice(this.#prefix.length)
    return this.#nested.some((prefix) => own.startsWith(prefix)) ? null : own
  }
}
