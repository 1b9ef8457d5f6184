import type { Part } from '../canonical/content.ts'
import type { Ext } from '../canonical/ext.ts'
import type { Message } from '../canonical/request.ts'

/** Where clients write a mark, and the notes of how they wrote it. */
const MARKS = ['cache_control', '$cache_control', '$prompt_cache_breakpoint'] as const

/** Marks in a prompt are few, and belong to the newest messages: those of every earlier turn would be too many. */
export function withoutMarks(message: Message): Message {
  const { parts, ext } = message
  if (!hasMark(ext) && !parts.some(isMarked)) return message
  return { ...message, parts: parts.map(unmarked), ext: unmarkedExt(ext) }
}

function isMarked(part: Part): boolean {
  if (part.kind === 'opaque') return false
  return part.cache !== null || hasMark(part.ext) || (part.kind === 'tool-result' && part.content.some(isMarked))
}

function unmarked(part: Part): Part {
  if (part.kind === 'opaque') return part
  const plain = { ...part, cache: null, ext: unmarkedExt(part.ext) }
  return plain.kind === 'tool-result' ? { ...plain, content: plain.content.map(unmarked) } : plain
}

function hasMark(ext: Ext | null): boolean {
  return ext !== null && MARKS.some((name) => ext.fields.has(name))
}

function unmarkedExt(ext: Ext | null): Ext | null {
  if (ext === null || !hasMark(ext)) return ext
  return { ...ext, fields: new Map([...ext.fields].filter(([name]) => !MARKS.some((mark) => mark === name))) }
}
