import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dependenciesInstalled } from './dependencies.mjs'

let root = ''

const LOCKED = {
  '': { name: 'project' },
  'node_modules/undici': { version: '8.12.4', integrity: 'sha512-a' },
  'node_modules/binding-for-another-system': { version: '1.0.0', integrity: 'sha512-b', optional: true },
}
const INSTALLED = { 'node_modules/undici': { version: '8.12.4', integrity: 'sha512-a' } }

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ucr-dependencies-'))
  mkdirSync(join(root, 'node_modules'))
  writeLock('package-lock.json', LOCKED)
  writeLock('node_modules/.package-lock.json', INSTALLED)
})

afterEach(() => rmSync(root, { recursive: true }))

function writeLock(path: string, packages: object): void {
  writeFileSync(join(root, path), JSON.stringify({ packages }))
}

describe('dependenciesInstalled()', () => {
  it('is true when all that is not optional is there', () => {
    expect(dependenciesInstalled(root)).toBe(true)
  })

  it.each<[string, () => void]>([
    ['node_modules is missing', () => rmSync(join(root, 'node_modules'), { recursive: true })],
    ['the installation was cut short', () => rmSync(join(root, 'node_modules', '.package-lock.json'))],
    ['a package is new', () => writeLock('package-lock.json', { ...LOCKED, 'node_modules/zod': { version: '4.0.0' } })],
    [
      'a package has another version',
      () => writeLock('package-lock.json', { 'node_modules/undici': { version: '8.13.0', integrity: 'sha512-a' } }),
    ],
    [
      'a package has another content',
      () => writeLock('package-lock.json', { 'node_modules/undici': { version: '8.12.4', integrity: 'sha512-c' } }),
    ],
  ])('is false when %s', (_, change) => {
    change()
    expect(dependenciesInstalled(root)).toBe(false)
  })

  it('says so when the folder is not the project', () => {
    rmSync(join(root, 'package-lock.json'))
    expect(() => dependenciesInstalled(root)).toThrow('has no package-lock.json')
  })
})
