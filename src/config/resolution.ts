import type { StoredCredential } from './credentials.ts'
import type { Path } from './document.ts'
import { describeKind, describeValue } from './excerpt.ts'
import { type Places, problemAt } from './issues.ts'
import type { ConfigProblem } from './problem.ts'
import { type Environment, pathKey } from './variables.ts'

/** What turning the file's content into a `Config` works with. Problems are collected, so that all are seen at once. */
export class Resolution {
  /** By what they were stored for: the id of a provider, or a vendor. */
  readonly stored: ReadonlyMap<string, StoredCredential>
  readonly environment: Environment
  /** Relative paths of the config start here. */
  readonly folder: string
  readonly problems: ConfigProblem[] = []
  readonly #places: Places

  constructor(parts: Pick<Resolution, 'stored' | 'environment' | 'folder'>, places: Places) {
    this.stored = parts.stored
    this.environment = parts.environment
    this.folder = parts.folder
    this.#places = places
  }

  /** The value at `path` for a sentence, without what a variable put there. */
  describe(path: Path, value: string): string {
    return this.#places.expanded.has(pathKey(path)) ? describeKind(value) : describeValue(value)
  }

  /** `reveal`: the value at `path` is no secret and may be shown. */
  error(path: Path, message: string, fix: string | null, reveal = false): void {
    this.problems.push(problemAt(this.#places, path, { severity: 'error', message, fix }, reveal))
  }

  warning(path: Path, message: string, fix: string | null, reveal = false): void {
    this.problems.push(problemAt(this.#places, path, { severity: 'warning', message, fix }, reveal))
  }
}
