import { describe, expect, it } from 'vitest'
import { documentedNames, exportedNames } from './public-door.ts'
import { readProjectFile } from './source/project.ts'

describe('the public door', () => {
  it('src/index.ts exports what docs/reference/api.md describes', (context) => {
    const door = readProjectFile('src/index.ts')
    const page = readProjectFile('docs/reference/api.md')
    context.skip(door === null || page === null, 'there is no src/index.ts or no docs/reference/api.md yet')
    expect(exportedNames(door ?? '')).toEqual(documentedNames(page ?? ''))
  })
})

describe('exportedNames()', () => {
  it('reads declarations, lists, renames and types', () => {
    const text = `
      export { createGateway, type Gateway } from './gateway.ts'
      export type { Config as GatewayConfig } from './config/config.ts'
      export function a() {}
      export const b = 1
      export interface C {}
      // export const notThis = 1
    `
    expect(exportedNames(text)).toEqual(['C', 'Gateway', 'GatewayConfig', 'a', 'b', 'createGateway'])
  })
})

describe('documentedNames()', () => {
  it('reads headings with code', () => {
    expect(documentedNames('# API\n\n## `createGateway(options)`\n\n### `Gateway`\n\n## About\n`not` this')).toEqual([
      'Gateway',
      'createGateway',
    ])
  })
})
