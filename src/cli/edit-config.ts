import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findConfig } from '../config/locate.ts'
import type { Surroundings } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { Failure, reasonOf, usageFailure } from './failure.ts'
import { validateConfig } from './validate-config.ts'

/** Opens the file that is in use in the user's editor and checks it when the editor has ended. */
export async function editConfig(file: string | null, surroundings: Surroundings): Promise<ExitCode> {
  const { environment, directory, home, terminal } = surroundings
  if (!terminal.interactive)
    throw usageFailure('An editor needs a terminal.', '"ucr config path" says which file it is.')
  const { found } = await findConfig({ path: file, environment, cwd: directory, home })
  if (found === null) {
    throw new Failure('There is no config file yet.', {
      fix: 'Make one with "ucr config init".',
      exitCode: EXIT.config,
    })
  }
  await runEditor(editorOf(environment), found.path)
  return validateConfig(found.path, false, surroundings)
}

function editorOf({ VISUAL, EDITOR }: NodeJS.ProcessEnv): string {
  return VISUAL?.trim() || EDITOR?.trim() || (process.platform === 'win32' ? 'notepad' : 'vi')
}

/** `code --wait` and the like are a program and its arguments; quotes are no part of the custom, and there is no shell. */
async function runEditor(editor: string, file: string): Promise<void> {
  const [program = '', ...words] = editor.split(/\s+/)
  const child = spawn(program, [...words, file], { stdio: 'inherit' })
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw new Failure(`The editor ${program} cannot be started: ${reasonOf(error)}`, {
      fix: 'Name another with EDITOR.',
    })
  }
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  if (code !== 0)
    throw new Failure(`The editor ${program} ended with ${code === null ? 'a signal' : `exit code ${code}`}.`)
}
