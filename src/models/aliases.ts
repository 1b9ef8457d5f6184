import { CLAUDE_CLASSES, claudeModel, plainModelName } from './name.ts'
import type { ClaudeClass } from './name.ts'

const MOVING = /^(?:claude-)?(?:\d-(?:\d-)?)?([a-z]+)(?:-latest)?$/

/**
 * The class that a client asks for without naming a model: `sonnet`, `claude-opus-latest`, also the vendor's retired
 * `claude-3-5-sonnet-latest`. Null for the name of one model.
 */
export function aliasClass(name: string): ClaudeClass | null {
  const plain = plainModelName(name)
  const word = MOVING.exec(plain)?.[1]
  const found = CLAUDE_CLASSES.find((candidate) => candidate === word)
  // A version without `-latest` is a model's name, however old: claude-3-opus.
  return found === undefined || (/\d/.test(plain) && !plain.endsWith('-latest')) ? null : found
}

/** The class of a model or of an alias; null where there is none. */
export function modelClass(name: string): ClaudeClass | null {
  return claudeModel(name)?.class ?? aliasClass(name)
}

/** Those of `offered` that are of this class, newest first; models of one version keep their order. */
export function newestOfClass<T>(
  wanted: ClaudeClass,
  offered: readonly T[],
  nameOf: (item: T) => string,
): readonly T[] {
  return offered
    .map((item) => ({ item, model: claudeModel(nameOf(item)) }))
    .filter(({ model }) => model?.class === wanted)
    .toSorted((a, b) => compare(b.model?.version ?? 0, a.model?.version ?? 0))
    .map(({ item }) => item)
}

/** Two infinite versions are equal, which their difference is not. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b
}
