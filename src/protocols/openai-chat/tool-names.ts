import type { CanonicalRequest } from '../../canonical/request.ts'
import { stableId } from '../../lib/stable-id.ts'
import type { ChatDialect } from '../dialect.ts'

const VALID_NAME = /^[A-Za-z0-9_-]{1,64}$/
const LONGEST_READABLE = 51

/**
 * Names of tools as Chat vendors take them. A name that they refuse becomes a readable beginning and a hash of the whole, so
 * that the same name always becomes the same, whatever other tools there are, and two never become one.
 */
export class ToolNames {
  readonly #keep: boolean
  readonly #originals = new Map<string, string>()

  /** `keep`: the client speaks Chat itself and knows what its vendor takes. */
  constructor(request: CanonicalRequest, keep: boolean) {
    this.#keep = keep
    // Calls of earlier turns may name tools that are no longer offered; the model may call them all the same.
    for (const tool of request.tools) if (tool.kind === 'function') this.wire(tool.name)
  }

  /** What the vendor sees. */
  wire(name: string): string {
    if (this.#keep || VALID_NAME.test(name)) return name
    const readable = name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, LONGEST_READABLE)
    const wire = `${readable}_${stableId(12, 'tool', name)}`
    this.#originals.set(wire, name)
    return wire
  }

  /** The vendor's names to the client's, for those that had to change. */
  get originals(): ReadonlyMap<string, string> {
    return this.#originals
  }
}

/** OpenAI refuses ids that are longer than 40 characters; other vendors also mind which ones. */
const VALID_ID = /^[A-Za-z0-9_-]{1,40}$/
const NINE = /^[A-Za-z0-9]{9}$/

/** The id of a tool call as this vendor takes it; the same id always becomes the same, in the call and in its result. */
export function wireToolId(id: string, own: boolean, dialect: ChatDialect): string {
  if (dialect.toolIds === 'nine-alphanumeric') return NINE.test(id) ? id : stableId(9, 'call', id)
  return own || VALID_ID.test(id) ? id : `call_${stableId(24, 'call', id)}`
}
