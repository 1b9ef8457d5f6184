import type { CanonicalRequest, OutputFormat } from '../../canonical/request.ts'
import { JsonObjectWriter, scanJson, stringToJson, toJsonText } from '../../lib/json.ts'
import type { JsonText } from '../../lib/json.ts'
import { readOutputFormat } from './decode-request.ts'
import type { Encoding } from './encoding.ts'
import { hint } from './ext.ts'
import { closeObjects, isStrictSchema } from './json-schema.ts'

export interface EncodedFormat {
  readonly responseFormat: JsonText | null
  /** What the model must be told where the vendor cannot hold it to a schema; a string literal. */
  readonly order: JsonText | null
}

type SchemaFormat = OutputFormat & { readonly type: 'json-schema' }

/** `response_format` for this vendor. */
export function encodeFormat(request: CanonicalRequest, encoding: Encoding): EncodedFormat {
  const { outputFormat } = request
  const { dialect, capabilities, losses } = encoding.context
  if (outputFormat === null) return { responseFormat: null, order: null }
  if (outputFormat.type !== 'json-schema') {
    return { responseFormat: given(request) ?? typeOnly(outputFormat), order: null }
  }
  if (dialect.jsonSchema && capabilities.structuredOutput) {
    return { responseFormat: given(request) ?? schemaFormat(outputFormat, encoding), order: null }
  }
  losses.substitute(encoding.source.format, 'the schema was put into the prompt')
  const order = `Answer with one JSON object, and nothing else, that conforms to this JSON Schema:\n${outputFormat.schema}`
  return { responseFormat: typeOnly({ type: 'json-object' }), order: stringToJson(order) }
}

/** A Chat client's own field, where it still says what the request says. */
function given({ ext, outputFormat }: CanonicalRequest): JsonText | null {
  const noted = hint(ext, 'responseFormat')
  if (noted === null) return null
  return JSON.stringify(readOutputFormat(scanJson(noted))) === JSON.stringify(outputFormat) ? noted : null
}

function typeOnly(format: OutputFormat): JsonText {
  return new JsonObjectWriter().add('type', toJsonText(format.type.replace('-', '_'))).text
}

/** Strict where the schema allows it, once its objects are closed; else the vendor takes it as a hint. */
function schemaFormat(format: SchemaFormat, { own, context, source }: Encoding): JsonText {
  const closed = own ? format.schema : closeObjects(format.schema)
  const isStrict = own ? format.strict : isStrictSchema(closed)
  if (isStrict === false && !own)
    context.losses.substitute(source.format, 'the schema is not strict enough for this vendor')
  const schema = new JsonObjectWriter()
    .add('name', stringToJson(format.name ?? 'output'))
    .add('description', format.description)
    .add('schema', isStrict === true ? closed : format.schema)
    .add('strict', isStrict === null ? null : toJsonText(isStrict)).text
  return new JsonObjectWriter().add('type', toJsonText('json_schema')).add('json_schema', schema).text
}
