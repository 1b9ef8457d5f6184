import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UserMachine } from '../support/ucr-process.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const ENTER = '\r'
const CONTROL_C = '\u0003'

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

/** What a person types at each question. */
type Answers = readonly (readonly [question: RegExp, keys: string])[]

/** Runs `ucr` in a terminal, as util-linux's `script` makes one, and answers each question once, when it appears. */
async function converse(
  words: readonly string[],
  answers: Answers,
  environment: Readonly<Record<string, string>> = {},
) {
  const command = [process.execPath, PROGRAM, ...words].map((word) => `'${word}'`).join(' ')
  // Its terminal has no size of its own where this process has none.
  const child = spawn('script', ['-qefc', `stty cols 110 rows 40; exec ${command}`, '/dev/null'], {
    cwd: machine.home,
    env: { PATH: '/usr/bin:/bin', HOME: machine.home, TERM: 'xterm', ...environment },
  })
  const open = new Set(answers)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += stripVTControlCharacters(chunk)
    for (const answer of open) {
      if (!answer[0].test(output)) continue
      open.delete(answer)
      child.stdin.write(answer[1])
    }
  })
  const [code] = await once(child, 'close')
  return { code, output, unanswered: open.size }
}

const file = () => join(machine.home, '.config', 'ucr', 'ucr.config.json')

// A developer's machine may have local servers, which are found and lead to one more question.
const WHO_ANSWERS = [/Who answers for names/, ENTER] as const
const ELSEWHERE = [/some kinds of requests/, ENTER] as const

describe.skipIf(spawnSync('script', ['--version']).status !== 0)('setup', () => {
  it('writes a valid config from the answers, with what it found, for its owner alone', async () => {
    const environment = { GROQ_API_KEY: 'gsk_canary0123456789' }
    const { code, output } = await converse(
      ['setup'],
      [
        [/Who may reach the gateway/, ENTER],
        [/On which port/, `\u007F\u007F\u007F\u007F4321${ENTER}`],
        [/Which vendors will you use/, ENTER],
        WHO_ANSWERS,
        ELSEWHERE,
      ],
      environment,
    )
    expect({ code, output }).toMatchObject({ code: 0 })
    expect(output).not.toContain('canary')
    const text = await readFile(file(), 'utf8')
    expect(text).toContain('"host": "127.0.0.1", "port": 4321')
    expect(text).toContain('{ "id": "groq", "type": "groq", "apiKey": "${GROQ_API_KEY}" }')
    expect((await stat(file())).mode & 0o777).toBe(0o600)
    expect((await machine.run(['config', 'validate'], { environment })).code).toBe(0)
  })

  it('makes a key where other machines may reach the gateway, and keeps only its hash', async () => {
    const { code, output } = await converse(
      ['setup'],
      [
        [/Who may reach the gateway/, `\u001B[B${ENTER}`],
        [/On which port/, ENTER],
        [/Which vendors will you use/, ENTER],
        WHO_ANSWERS,
        ELSEWHERE,
      ],
    )
    expect({ code, output }).toMatchObject({ code: 0 })
    const [key = ''] = /ucr_\w{38}/.exec(output) ?? []
    const text = await readFile(file(), 'utf8')
    expect(key).not.toBe('')
    expect(text).toContain('"hash": "sha256:')
    expect(text).not.toContain(key)
    expect((await machine.run(['config', 'validate'])).code).toBe(0)
  })

  it('replaces nothing unless told to, and the answer offered is no', async () => {
    await machine.run(['config', 'init'])
    const before = await readFile(file(), 'utf8')
    const { code, output } = await converse(['setup'], [[/Replace it\?/, ENTER]])
    expect(code).toBe(0)
    expect(output).toContain('was left as it was')
    expect(await readFile(file(), 'utf8')).toBe(before)
  })

  it('writes nothing when it is cancelled', async () => {
    const { code } = await converse(
      ['setup'],
      [
        [/Who may reach the gateway/, ENTER],
        [/On which port/, CONTROL_C],
      ],
    )
    expect(code).toBe(130)
    await expect(readFile(file(), 'utf8')).rejects.toThrow('ENOENT')
  })
})

describe.skipIf(spawnSync('script', ['--version']).status !== 0)('config edit', () => {
  it('checks the file when the editor has ended', async () => {
    await machine.writeConfig('{}')
    const well = await converse(['config', 'edit'], [], { EDITOR: 'touch -c' })
    expect({ code: well.code, output: well.output }).toEqual({ code: 0, output: expect.stringContaining('is valid') })
    const broken = await converse(['config', 'edit'], [], { EDITOR: 'truncate -s 1' })
    expect({ code: broken.code, output: broken.output }).toMatchObject({ code: 3 })
    const missing = await converse(['config', 'edit'], [], { EDITOR: '/nowhere/editor' })
    expect(missing).toMatchObject({ code: 1, output: expect.stringContaining('EDITOR') })
  })
})
