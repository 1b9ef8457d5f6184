import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { choice, defineCommand, defineGroup, flag, optional, required, rest, text } from '../command.ts'
import { bashCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { completionPoints } from './words.ts'
import { zshCompletion } from './zsh.ts'

const run = () => Promise.resolve(0)

const POINTS = completionPoints([
  defineCommand({
    name: 'start',
    summary: "Start it, don't wait: [now]",
    options: {
      config: text('-c, --config <file>', "The file: one that's yours", 'file'),
      level: choice('--log-level <level>', 'How much', ['info', 'debug']),
      daemon: flag('--daemon', 'In the background'),
    },
    run,
  }),
  defineGroup('keys', 'Keys', [
    defineCommand({ name: 'list', summary: 'List', options: { json: flag('--json', 'As JSON') }, run }),
    defineCommand({ name: 'create', summary: 'Create', arguments: { name: optional('name', 'Its name') }, run }),
  ]),
  defineCommand({
    name: 'completion',
    summary: 'Print',
    arguments: { shell: required('shell', 'Shell', ['bash', 'zsh']) },
    run,
  }),
  defineCommand({ name: 'code', summary: 'Run', passThrough: true, arguments: { words: rest('words', 'Words') }, run }),
])

/** What bash would offer for the words, the last of which is being typed. */
function complete(...words: string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ')
  const script = `${bashCompletion('ucr', POINTS)}
    COMP_WORDS=(ucr ${line}); COMP_CWORD=${words.length}; _ucr; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return stdout.split('\n').filter((word) => word !== '')
}

/** What a shell says about a script that it only reads. */
function complaintsOf(shell: string, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'completion-'))
  try {
    const file = join(folder, 'script')
    writeFileSync(file, script)
    return spawnSync(shell, ['-n', file], { encoding: 'utf8' }).stderr
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('bashCompletion()', () => {
  it('offers commands, and options behind them', () => {
    expect(complete('')).toEqual(['start', 'keys', 'completion', 'code', '-h', '--help', '-v', '--version'])
    expect(complete('st')).toEqual(['start'])
    expect(complete('start', '--')).toEqual(['--config', '--log-level', '--daemon', '--help'])
  })

  it('offers the commands of a group, and then their options', () => {
    expect(complete('keys', '')).toEqual(['list', 'create', '-h', '--help'])
    expect(complete('keys', 'list', '--j')).toEqual(['--json'])
  })

  it('offers the values of options and arguments, and leaves files to the shell', () => {
    expect(complete('start', '--log-level', '')).toEqual(['info', 'debug'])
    expect(complete('start', '--config', '')).toEqual([])
    expect(complete('completion', 'z')).toEqual(['zsh'])
  })

  it("is not led astray by an option's value that is a command's name", () => {
    expect(complete('start', '--daemon', '--log-level', 'i')).toEqual(['info'])
    expect(complete('start', '--config', 'keys', '--d')).toEqual(['--daemon'])
  })

  it('leaves the words of another program alone', () => {
    expect(complete('code', '')).toEqual([])
  })
})

describe('zshCompletion()', () => {
  it('escapes what the descriptions hold', () => {
    const script = zshCompletion('ucr', POINTS)
    expect(script).toContain(String.raw`'start:Start it, don'\''t wait\: [now]'`)
    expect(script).toContain(String.raw`'(-c --config)'{-c,--config}'[The file\: one that'\''s yours]:value:_files'`)
  })

  it.skipIf(spawnSync('zsh', ['--version']).status !== 0)('is a script that zsh can read', () => {
    expect(complaintsOf('zsh', zshCompletion('ucr', POINTS))).toBe('')
  })
})

describe('fishCompletion()', () => {
  it('binds each line to its place in the tree', () => {
    const script = fishCompletion('ucr', POINTS)
    expect(script).toContain(`-n '__fish_seen_subcommand_from keys; and __fish_seen_subcommand_from list' -l json`)
    expect(script).toContain(`-n '__fish_use_subcommand' -a start -d 'Start it, don\\'t wait: [now]'`)
    expect(script).toContain(`-n '__fish_seen_subcommand_from start' -s c -l config -r -F`)
  })

  it.skipIf(spawnSync('fish', ['--version']).status !== 0)('is a script that fish can read', () => {
    expect(complaintsOf('fish', fishCompletion('ucr', POINTS))).toBe('')
  })
})
