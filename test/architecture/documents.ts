import { posix } from 'node:path'
import type { SourceFile } from './source/project.ts'

/** Paths in code spans that begin in one of our folders. With `<name>` or `*` in it, it is a pattern. */
const CODE_PATH = /`((?:src|test|scripts|docs|bench|schema|\.ci)\/[\w./-]*)`/g
/** Drawings leave `src/` out. */
const DRAWN_PATH = /(?<![\w/])((?:server|admission|exchange|protocols|routing|upstream|observe)\/[\w-]+\.ts)/g
const LINK = /\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)\s]*)?\)/g

/** What a document refers to in this project, as paths from its root. */
export function referencesOf({ path, text }: SourceFile): readonly string[] {
  const named = [...text.matchAll(CODE_PATH)].map(([, target = '']) => target)
  const drawn = [...text.matchAll(DRAWN_PATH)].map(([, target = '']) => `src/${target}`)
  const linked = [...text.matchAll(LINK)].map(([, target = '']) => posix.join(posix.dirname(path), target))
  return [...new Set([...named, ...drawn, ...linked])].map((target) => target.replace(/\/$/, ''))
}
