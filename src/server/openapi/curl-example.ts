import { fieldsOf, itemsOf, textOf } from './fields.ts'
import type { Fields } from './fields.ts'

export interface ShownOperation {
  readonly method: string
  readonly path: string
  readonly fields: Fields
}

const VARIABLES: Readonly<Record<string, string | undefined>> = { key: 'UCR_KEY', admin: 'UCR_ADMIN_TOKEN' }

/** A command for a shell. */
export function curlExample({ method, path, fields }: ShownOperation): string {
  const variable = VARIABLES[textOf(fields['x-ucr-access'])]
  const body = fieldsOf(fieldsOf(fieldsOf(fields['requestBody'])['content'])['application/json'])['example']
  const version = itemsOf(fields['parameters'])
    .map(fieldsOf)
    .find(({ name }) => name === 'anthropic-version')
  const isShared = itemsOf(fields['tags']).length > 1
  const words = [
    `curl ${methodWords(method)}"$UCR_URL${path}"`,
    ...(variable === undefined ? [] : [`-H "authorization: Bearer $${variable}"`]),
    ...(version === undefined || isShared ? [] : [`-H 'anthropic-version: 2023-06-01'`]),
    ...(body === undefined ? [] : [`-H 'content-type: application/json'`, `-d ${quoted(JSON.stringify(body))}`]),
  ]
  return words.join(' \\\n  ')
}

function methodWords(method: string): string {
  if (method === 'GET') return ''
  return method === 'HEAD' ? '-I ' : `-X ${method} `
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
