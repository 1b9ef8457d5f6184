import type { JsonValue } from '../../lib/json.ts'
import { fieldsOf, itemsOf, textOf } from './fields.ts'
import type { Fields } from './fields.ts'
import { escaped, prose } from './html.ts'

/** A JSON Schema for people: a phrase, and a list of members where there are any. */
export function schemaHtml(given: JsonValue | undefined): string {
  const schema = fieldsOf(given)
  return `<span class="type">${phrase(schema)}</span>${membersHtml(schema)}`
}

function membersHtml(schema: Fields): string {
  const inner = itemSchema(schema)
  const choices = itemsOf(schema['anyOf'] ?? schema['oneOf'])
    .map(fieldsOf)
    .filter((choice) => hasMembers(choice))
  if (choices.length > 0) return choices.map(membersHtml).join('<p>or</p>')
  const properties = Object.entries(fieldsOf(inner['properties']))
  if (properties.length === 0) return ''
  const required = itemsOf(inner['required'])
  const rows = properties.map(([name, property]) => {
    const needed = required.includes(name) ? ' <b>required</b>' : ''
    const words = textOf(fieldsOf(property)['description'])
    return `<dt><code>${escaped(name)}</code>${needed}</dt><dd>${prose(words)} ${schemaHtml(property)}</dd>`
  })
  return `<dl>${rows.join('')}</dl>`
}

function hasMembers(schema: Fields): boolean {
  return Object.keys(fieldsOf(itemSchema(schema)['properties'])).length > 0
}

/** Of a list, what is in it. */
function itemSchema(schema: Fields): Fields {
  return schema['type'] === 'array' ? itemSchema(fieldsOf(schema['items'])) : schema
}

function phrase(schema: Fields): string {
  const { const: constant, enum: values, default: usual, examples, minimum, maximum } = schema
  const notes = [
    ...(usual === undefined ? [] : [`default ${code(usual)}`]),
    ...(typeof minimum === 'number' && minimum > Number.MIN_SAFE_INTEGER ? [`from ${code(minimum)}`] : []),
    ...(typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? [`to ${code(maximum)}`] : []),
    ...itemsOf(examples).map((example) => `such as ${code(example)}`),
  ]
  const choices = itemsOf(values)
  const kind =
    constant !== undefined
      ? code(constant)
      : choices.length > 0
        ? choices.map(code).join(', ')
        : escaped(typeName(schema))
  return [kind, ...notes].join(', ')
}

function typeName(schema: Fields): string {
  const { type, format, items } = schema
  const choices = itemsOf(schema['anyOf'] ?? schema['oneOf'])
  if (choices.length > 0) return [...new Set(choices.map((choice) => typeName(fieldsOf(choice))))].join(' or ')
  if (type === 'array') return `list of ${typeName(fieldsOf(items))}`
  const names = Array.isArray(type) ? type.map(textOf).join(' or ') : textOf(type) || 'anything'
  return format === undefined ? names : `${names} (${textOf(format)})`
}

function code(value: JsonValue): string {
  return `<code>${escaped(JSON.stringify(value))}</code>`
}
