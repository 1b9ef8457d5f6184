import type { CacheMark } from '../../canonical/content.ts'
import type { Ext } from '../../canonical/ext.ts'
import type { LossSink } from '../../canonical/loss.ts'
import { JsonObjectWriter, toJsonText } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { Encoding } from './encoding.ts'
import { ownFields } from './ext.ts'
import type { FieldReader } from './ext.ts'

/** The fields by which a client marks where a prompt cache may begin: OpenAI's own, and Anthropic's where a host takes it. */
const FIELDS = ['prompt_cache_breakpoint', 'cache_control'] as const

/** The mark on a node; the field itself stays as a hint, so that it goes back as it was. */
export function readCacheMark(fields: FieldReader): CacheMark | null {
  let mark: CacheMark | null = null
  for (const name of FIELDS) {
    const node = fields.takeKind(name, 'object')
    if (node === undefined) continue
    fields.hint(name, node.raw)
    const ttl = node.get('ttl')?.string
    mark = { ttl: ttl === '1h' || ttl === '12h' ? '1h' : ttl === '5m' ? '5m' : null }
  }
  return mark
}

/** A node that may carry a mark. */
interface Marked {
  readonly cache: CacheMark | null
  readonly ext: Ext | null
}

/** Writes a node's mark: a Chat client's as it was, another's as this vendor has it. `prefix` names the node in a report. */
export function writeCacheMark(writer: JsonObjectWriter, node: Marked, prefix: string, encoding: Encoding): void {
  const own = ownFields(node.ext)
  for (const name of FIELDS) writer.add(name, own?.get(`$${name}`) ?? null)
  if (encoding.own || node.cache === null) return
  const { dialect, losses } = encoding.context
  switch (dialect.cacheMarks) {
    case 'none':
      losses.drop(`${prefix}.cache_control`, 'this vendor has no cache marks')
      return
    case 'breakpoint':
      writer.add('prompt_cache_breakpoint', breakpoint(node.cache, prefix, losses))
      return
    case 'cache_control':
      writer.add('cache_control', cacheControl(node.cache))
      return
    default:
      dialect.cacheMarks satisfies never
  }
}

/** Reports the mark of a node that is written in a form without fields. */
export function loseCacheMark(node: Marked, prefix: string, { context }: Encoding): void {
  if (node.cache !== null) context.losses.drop(`${prefix}.cache_control`, 'no place for a cache mark there')
}

/** True when this node's mark will be written on it, so that it cannot be a mere string. */
export function isMarked(node: Marked, { own, context }: Encoding): boolean {
  return !own && node.cache !== null && context.dialect.cacheMarks !== 'none'
}

/** OpenAI knows 30 minutes and 12 hours: the longer one for whoever asked for an hour, the default for five minutes. */
function breakpoint(mark: CacheMark, prefix: string, losses: LossSink): JsonText {
  const writer = new JsonObjectWriter().add('mode', toJsonText('explicit'))
  if (mark.ttl === '1h') {
    losses.substitute(`${prefix}.cache_control.ttl`, '1h sent as 12h')
    writer.add('ttl', toJsonText('12h'))
  }
  return writer.text
}

function cacheControl(mark: CacheMark): JsonText {
  return new JsonObjectWriter()
    .add('type', toJsonText('ephemeral'))
    .add('ttl', mark.ttl === null ? null : toJsonText(mark.ttl)).text
}
