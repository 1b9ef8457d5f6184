import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { PROGRAMS } from './ucr-process.ts'

/** What a person types at each question. */
export type Answers = readonly (readonly [question: RegExp, keys: string])[]

/** There is no util-linux here to make a terminal. */
export const NO_TERMINAL = spawnSync('script', ['--version']).status !== 0

/** Runs a program in a terminal, as util-linux's `script` makes one, and answers each question once, when it appears. */
export async function converseWith(
  program: keyof typeof PROGRAMS,
  home: string,
  words: readonly string[],
  answers: Answers,
  environment: Readonly<Record<string, string>> = {},
) {
  const command = [process.execPath, PROGRAMS[program], ...words].map((word) => `'${word}'`).join(' ')
  // Its terminal has no size of its own where this process has none.
  const child = spawn('script', ['-qefc', `stty cols 110 rows 40; exec ${command}`, '/dev/null'], {
    cwd: home,
    env: { PATH: '/usr/bin:/bin', HOME: home, TERM: 'xterm', ...environment },
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
