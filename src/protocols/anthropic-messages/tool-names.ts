import type { CanonicalRequest } from '../../canonical/request.ts'
import { stableId } from '../../lib/stable-id.ts'
import { isOwn } from './ext-collector.ts'

const VALID_NAME = /^[A-Za-z0-9_-]{1,128}$/
const VALID_ID = /^[A-Za-z0-9_-]{1,64}$/
const MAX_NAME = 128
const SUFFIX = 8

/**
 * Names of tools as Anthropic takes them. What is valid stays, and so does what a client of this protocol wrote: it knows its
 * vendor. Anything else gets a name that depends on nothing but itself, so that the names in a history keep their bytes when
 * tools are added.
 */
export class ToolNames {
  readonly #keep: boolean
  readonly #taken: ReadonlySet<string>
  readonly #original = new Map<string, string>()

  constructor(request: CanonicalRequest) {
    this.#keep = isOwn(request.ext)
    this.#taken = new Set(request.tools.map(({ name }) => name))
  }

  upstream(name: string): string {
    if (this.#keep || VALID_NAME.test(name)) return name
    const upstream = this.#replacement(name)
    this.#original.set(upstream, name)
    return upstream
  }

  /** Names that were replaced, to the client's own. */
  get originals(): ReadonlyMap<string, string> {
    return this.#original
  }

  #replacement(name: string): string {
    const readable = name.replaceAll(/[^A-Za-z0-9_-]+/g, '_').slice(0, MAX_NAME - 1 - SUFFIX)
    for (let salt = 0; ; salt++) {
      const candidate = `${readable}_${stableId(SUFFIX, name, String(salt))}`
      const owner = this.#original.get(candidate)
      if (!this.#taken.has(candidate) && (owner === undefined || owner === name)) return candidate
    }
  }
}

/** A tool call's id as Anthropic takes it: itself where valid, else one that depends on nothing but itself. */
export function validToolId(id: string): string {
  return VALID_ID.test(id) ? id : `toolu_${stableId(24, id)}`
}
