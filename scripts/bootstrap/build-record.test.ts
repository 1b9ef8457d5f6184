import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inputStamp, isBuilt, recordPath } from './build-record.mjs'

let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ucr-build-'))
  mkdirSync(join(root, 'src', 'lib'), { recursive: true })
  mkdirSync(join(root, 'dist'))
  writeFileSync(join(root, 'package.json'), '{}')
  writeFileSync(join(root, 'src', 'lib', 'json.ts'), 'export const a = 1')
  writeFileSync(join(root, 'dist', 'ucr.js'), '')
  writeFileSync(recordPath(root), JSON.stringify({ stamp: inputStamp(root), files: [] }))
})

afterEach(() => rmSync(root, { recursive: true }))

describe('isBuilt()', () => {
  it('is true while nothing has changed', () => {
    expect(isBuilt(root)).toBe(true)
  })

  it('is true after a test was edited', () => {
    writeFileSync(join(root, 'src', 'lib', 'json.test.ts'), 'new')
    expect(isBuilt(root)).toBe(true)
  })

  it.each<[string, () => void]>([
    ['a source got longer', () => writeFileSync(join(root, 'src', 'lib', 'json.ts'), 'export const a = 11')],
    ['a source got another time', () => utimesSync(join(root, 'src', 'lib', 'json.ts'), 1, 1)],
    ['a source is new', () => writeFileSync(join(root, 'src', 'lib', 'sse.ts'), '')],
    ['a source is gone', () => rmSync(join(root, 'src', 'lib', 'json.ts'))],
    ['a schema is new', () => (mkdirSync(join(root, 'schema')), writeFileSync(join(root, 'schema', 'a.json'), '{}'))],
    ['the dependencies changed', () => writeFileSync(join(root, 'package-lock.json'), '{}')],
    ['the program is gone', () => rmSync(join(root, 'dist', 'ucr.js'))],
    ['the record is gone', () => rmSync(recordPath(root))],
    ['the record is broken', () => writeFileSync(recordPath(root), '{')],
  ])('is false when %s', (_, change) => {
    change()
    expect(isBuilt(root)).toBe(false)
  })
})
