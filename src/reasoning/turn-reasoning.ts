import type { Part } from '../canonical/content.ts'
import { toJsonText } from '../lib/json.ts'

/** Null where no part of it is sealed: then nothing is lost that its vendor would miss. */
export function reasoningIn(turn: readonly Part[]): readonly Part[] | null {
  const isSealed = turn.some((part) => part.kind === 'reasoning' && part.seal !== null && part.seal.value !== '')
  return isSealed ? turn.map((part) => (part.kind === 'reasoning' ? part : placeOf(part))) : null
}

/**
 * The turn as a client sent it, with its reasoning where it was: in front, or in front of the call that it led to. What
 * the client brought of it in plain words is what is kept too.
 */
export function withReasoning(turn: readonly Part[], kept: readonly Part[]): readonly Part[] {
  const rest = turn.filter(({ kind }) => kind !== 'reasoning')
  const front: Part[] = []
  const end: Part[] = []
  const before = new Map<string, Part[]>()
  for (const [index, part] of kept.entries()) {
    if (part.kind !== 'reasoning') continue
    const isFront = kept.slice(0, index).every(({ kind }) => kind === 'reasoning')
    const call = kept.slice(index).find(({ kind }) => kind === 'tool-call')
    if (isFront) front.push(part)
    else if (call?.kind === 'tool-call') before.set(call.id, [...(before.get(call.id) ?? []), part])
    else end.push(part)
  }
  const middle = rest.flatMap((part) => (part.kind === 'tool-call' ? [...(before.get(part.id) ?? []), part] : [part]))
  return [...front, ...middle, ...end]
}

const NOTHING = { cache: null, ext: null } as const

/** Of what is not reasoning only the place is kept. */
function placeOf(part: Part): Part {
  if (part.kind !== 'tool-call') {
    return { kind: 'text', text: toJsonText(''), refusal: false, citations: null, ...NOTHING }
  }
  const { kind, id } = part
  return { kind, id, name: '', input: toJsonText({}), invalid: false, ...NOTHING }
}
