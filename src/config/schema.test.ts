import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { loadText } from '../../test/support/load-text.ts'
import { DEFAULT_SCAN_OPTIONS } from '../lib/json.ts'
import { DEFAULT_TIMEOUTS } from '../providers/default-settings.ts'
import { DEFAULT_BREAKER } from '../routing/settings.ts'
import { itemSchema, layersOf, type Schema, shapeOf, valueSchema } from './known-keys.ts'
import { configSchema } from './schema.ts'

/** The schema and all within it, with the path of each. */
function everySchema(schema: Schema, path = 'config'): { schema: Schema; path: string }[] {
  const item = itemSchema(schema)
  const value = valueSchema(schema)
  const inner = [
    ...Object.entries(shapeOf(schema) ?? {}).flatMap(([name, member]) => everySchema(member, `${path}.${name}`)),
    ...(item === null ? [] : everySchema(item, `${path}[]`)),
    ...(value === null ? [] : everySchema(value, `${path}.*`)),
  ]
  return [{ schema, path }, ...inner]
}

describe('configSchema', () => {
  it('describes every key', () => {
    const silent = everySchema(configSchema).filter(({ schema }) =>
      layersOf(schema).every((layer) => z.globalRegistry.get(layer)?.description === undefined),
    )
    expect(silent.map(({ path }) => path).filter((path) => !path.endsWith('[]'))).toEqual([])
  })

  it('has no two choices of one JSON type, so that a mistake belongs to one of them', () => {
    const kinds = (choice: Schema) =>
      layersOf(choice).flatMap((layer) => {
        const { type } = layer._zod.def
        return type === 'enum'
          ? ['string']
          : ['string', 'number', 'boolean', 'object', 'record', 'array'].includes(type)
            ? [type]
            : []
      })
    for (const { schema, path } of everySchema(configSchema)) {
      for (const layer of layersOf(schema)) {
        if (!(layer instanceof z.ZodMiniUnion)) continue
        const found = layer.def.options.flatMap(kinds)
        expect({ path, found: found.toSorted() }).toEqual({ path, found: [...new Set(found)].toSorted() })
      }
    }
  })

  it('has the defaults that the parts have without a config', async () => {
    const { config } = await loadText(null)
    expect(config.timeouts).toEqual(DEFAULT_TIMEOUTS)
    expect(config.routing.breaker).toEqual(DEFAULT_BREAKER)
    expect(config.server.maxDepth).toBe(DEFAULT_SCAN_OPTIONS.maxDepth)
  })
})

describe('what is generated from the schema', () => {
  it('is up to date: node scripts/schema.mjs', async () => {
    const script = new URL('../../scripts/schema.mjs', import.meta.url).pathname
    await promisify(execFile)(process.execPath, [script, '--check'])
  })

  it('loads without a warning where the reference shows a config', async () => {
    const page = readFileSync(new URL('../../docs/reference/config.md', import.meta.url), 'utf8')
    const example = /```jsonc\n([^]*?)```/.exec(page)?.[1] ?? ''
    const environment = { ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'b' }
    const hash = `sha256:${'0'.repeat(64)}`
    const { problems } = await loadText(example.replace('sha256:...', hash), { environment })
    expect(problems).toEqual([])
  })

  it('names the type of every key in the JSON Schema', () => {
    const schema: unknown = JSON.parse(
      readFileSync(new URL('../../schema/ucr.config.schema.json', import.meta.url), 'utf8'),
    )
    expect(schema).toMatchObject({
      $id: 'https://unpkg.com/universal-claude-router/schema/ucr.config.schema.json',
      additionalProperties: false,
      properties: { server: { properties: { port: { default: 3000 } }, additionalProperties: false } },
    })
  })
})
