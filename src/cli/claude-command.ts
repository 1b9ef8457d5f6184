import { shellLineFor } from '../upstream/claude-code/find-program.ts'
import { EXIT } from './exit-code.ts'
import { Failure } from './failure.ts'
import type { Person } from './state-folder.ts'
import { printable } from './terminal.ts'

/** Throws `Failure` where a variable names the `claude` program by a line for a shell: no shell is ever used. */
export async function refuseShellLine(person: Person): Promise<void> {
  const named = await shellLineFor(person)
  if (named === null) return
  const { variable, value } = named
  throw new Failure(`${variable} is ${JSON.stringify(printable(value))}, which only a shell would understand.`, {
    fix: `No shell is ever used here. Write the path of the program alone: ${variable}=/usr/local/bin/claude`,
    exitCode: EXIT.config,
  })
}
