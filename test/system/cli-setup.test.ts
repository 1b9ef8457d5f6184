import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { converseWith, NO_TERMINAL, type Answers } from '../support/converse.ts'
import { UserMachine } from '../support/ucr-process.ts'

const ENTER = '\r'
const CONTROL_C = '\u0003'

let machine: UserMachine

beforeEach(async () => {
  machine = await UserMachine.create()
})

afterEach(() => machine.close())

function converse(words: readonly string[], answers: Answers, environment: Readonly<Record<string, string>> = {}) {
  return converseWith('ucr', machine.home, words, answers, environment)
}

const file = () => join(machine.home, '.config', 'ucr', 'ucr.config.json')

// A developer's machine may have local servers, which are found and lead to one more question.
const WHO_ANSWERS = [/Who answers for names/, ENTER] as const
const ELSEWHERE = [/some kinds of requests/, ENTER] as const

describe.skipIf(NO_TERMINAL)('setup', () => {
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
    expect(code, output).toBe(0)
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
    expect(code, output).toBe(0)
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

describe.skipIf(NO_TERMINAL)('config edit', () => {
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
