import type { LossSink } from '../../canonical/loss.ts'
import type { CanonicalRequest, OutputFormat } from '../../canonical/request.ts'
import { JsonObjectWriter, scanJson, stringToJson } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import type { UpstreamRequestContext } from '../protocol.ts'
import { isOwn } from './ext-collector.ts'
import { toStructuredSchema } from './structured-schema.ts'

type JsonSchemaFormat = Extract<OutputFormat, { type: 'json-schema' }>

/** How the model gets to know the form of its answer: from a schema that binds it, or from a sentence. */
export interface EncodedFormat {
  readonly schema: JsonText | null
  readonly instruction: string | null
}

const NO_FORMAT: EncodedFormat = { schema: null, instruction: null }

/** `hasOutputTool`: a tool takes the answer already, so nothing needs to be said here. */
export function encodeFormat(
  { outputFormat, ext }: CanonicalRequest,
  hasOutputTool: boolean,
  { capabilities, losses }: UpstreamRequestContext<'anthropic-messages'>,
): EncodedFormat {
  if (outputFormat === null || outputFormat.type === 'text' || hasOutputTool) return NO_FORMAT
  const field = isOwn(ext) ? 'output_config.format' : 'response_format'
  if (outputFormat.type === 'json-object') {
    losses.substitute(field, 'the model is told to answer with JSON')
    return { schema: null, instruction: 'Answer with one JSON object and nothing else.' }
  }
  if (!capabilities.structuredOutput) {
    losses.substitute(field, 'the model is told to follow the schema')
    return {
      schema: null,
      instruction: `Answer with JSON that follows this schema, and nothing else:\n${outputFormat.schema}`,
    }
  }
  return { schema: isOwn(ext) ? outputFormat.schema : foreignSchema(outputFormat, losses), instruction: null }
}

function foreignSchema(format: JsonSchemaFormat, losses: LossSink): JsonText {
  const { schema, loosened } = toStructuredSchema(scanJson(format.schema))
  if (loosened) losses.substitute('response_format.json_schema.schema', 'some rules became descriptions')
  const root = scanJson(schema)
  if (format.description === null || root.get('description') !== undefined) return schema
  const writer = new JsonObjectWriter().add('description', format.description)
  for (const { name, value } of root.members) writer.add(name, value.raw)
  return writer.text
}

/** Writes `format` into its node. */
export function writeFormat(schema: JsonText, writer: { add(name: string, value: JsonText): unknown }): void {
  writer.add('type', stringToJson('json_schema'))
  writer.add('schema', schema)
}
