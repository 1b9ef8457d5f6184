import type { Part, Seal } from '../../canonical/content.ts'
import type { Ext } from '../../canonical/ext.ts'
import { toolInput } from '../../canonical/fold.ts'
import { stringToJson } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'
import type { AnswerContext } from '../protocol.ts'
import { decodeBlock, plainText } from './decode-content.ts'
import type { SealReader } from './decode-content.ts'
import { PROTOCOL } from './wire.ts'

type Context = AnswerContext<'anthropic-messages'>

/**
 * Seals of an answer were made by whoever answers. Hosts that do not sign get an empty one, which says where the
 * reasoning came from: it may go back there.
 */
export function answerSeals({ provider, model }: Pick<Context, 'provider' | 'model'>): SealReader {
  return (kind, value): Seal => ({ kind, value, origin: { provider, protocol: PROTOCOL, model } })
}

/** A block of an answer: tools have the client's names again. The output tool's call stays one; see `unwrapOutput`. */
export function decodeAnswerBlock(block: JsonNode, path: string, context: Context): Part {
  const part = decodeBlock(block, path, answerSeals(context))
  if (part.kind === 'opaque') return part
  const ext = withoutHints(part.ext)
  if (part.kind !== 'tool-call') return { ...part, ext }
  const name = context.toolNames.get(part.name) ?? part.name
  const input = block.get('input')
  if (input?.kind !== 'string') return { ...part, ext, name }
  // Some hosts give the input as the text of an object, and an empty one before its pieces come.
  return { ...part, ...toolInput(input.raw), ext: withoutField(ext, 'input'), name }
}

/** The text that the client asked for, where a tool was only a way to get it. */
export function unwrapOutput(part: Part, { outputTool }: Pick<Context, 'outputTool'>): Part {
  if (part.kind !== 'tool-call' || part.name !== outputTool) return part
  return plainText(part.invalid ? part.input : stringToJson(part.input))
}

/** How an answer spells what is absent does not matter: it is written anew for the client. */
function withoutHints(ext: Ext | null): Ext | null {
  if (ext === null) return null
  return withFields(
    ext,
    [...ext.fields].filter(([name]) => !name.startsWith('$') || name.startsWith('$$')),
  )
}

function withoutField(ext: Ext | null, field: string): Ext | null {
  return ext === null
    ? null
    : withFields(
        ext,
        [...ext.fields].filter(([name]) => name !== field),
      )
}

function withFields(ext: Ext, fields: readonly (readonly [string, JsonText])[]): Ext | null {
  return fields.length === 0 ? null : { ...ext, fields: new Map(fields) }
}
