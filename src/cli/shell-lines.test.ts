import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { likelyShell, quoteSh, setLine, unsetLine } from './shell-lines.ts'

const NASTY = `a'b"c $HOME \`id\` \\n;|&*`

describe('setLine()', () => {
  it('sets exactly the text in sh, whatever it holds', () => {
    const script = `${setLine('sh', 'X', { text: NASTY })}; printf %s "$X"`
    expect(spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout).toBe(NASTY)
  })

  it('names a variable in place of its value', () => {
    expect(setLine('sh', 'X', { variable: 'Y' })).toBe('export X="$Y"')
    expect(setLine('fish', 'X', { variable: 'Y' })).toBe('set -gx X "$Y"')
    expect(setLine('powershell', 'X', { variable: 'Y' })).toBe('$env:X = $env:Y')
  })

  it('quotes for fish and PowerShell', () => {
    expect(setLine('fish', 'X', { text: `a'b\\c$d` })).toBe(String.raw`set -gx X 'a\'b\\c$d'`)
    expect(setLine('powershell', 'X', { text: `a'b$c` })).toBe(`$env:X = 'a''b$c'`)
  })
})

describe('unsetLine()', () => {
  it('undoes it', () => {
    const script = `${setLine('sh', 'X', { text: 'x' })}; ${unsetLine('sh', 'X')}; printf %s "\${X-gone}"`
    expect(spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout).toBe('gone')
  })
})

describe('likelyShell()', () => {
  it.each([
    [{ SHELL: '/usr/bin/fish' }, 'fish'],
    [{ SHELL: '/bin/zsh' }, 'sh'],
    [{ SHELL: '/opt/notfish' }, 'sh'],
  ])('%j', (environment, shell) => expect(likelyShell(environment)).toBe(shell))
})

describe('quoteSh()', () => {
  it.each([
    ['claude-sonnet-5', 'claude-sonnet-5'],
    ['', "''"],
    ["it's", String.raw`'it'\''s'`],
  ])('%s', (text, quoted) => expect(quoteSh(text)).toBe(quoted))
})
