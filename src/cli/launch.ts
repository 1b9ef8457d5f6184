import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Surroundings } from './command.ts'
import { setUpEngine } from './engine-settings.ts'
import type { ExitCode } from './exit-code.ts'
import { stateFolder } from './state-folder.ts'
import { createTerminal } from './terminal.ts'
import { isAtLeast, OLDEST_NODE } from './version.ts'

/** What a command line does. */
export type CommandLine = (words: readonly string[], surroundings: Surroundings) => Promise<ExitCode>

/** Runs what `load` gives with this process's words, and leaves its exit code. What an older Node could not even load comes later. */
export async function launch(name: string, load: () => Promise<CommandLine>): Promise<void> {
  if (!isAtLeast(process.versions.node, OLDEST_NODE)) {
    process.stderr.write(
      `error: ${name} needs Node ${OLDEST_NODE} or newer; this is ${process.versions.node}.\n` +
        '  Install one from https://nodejs.org, or run "npm start" in a clone of the project, which brings its own.\n',
    )
    process.exit(1)
  }
  setUpEngine(join(stateFolder({ environment: process.env, home: homedir() }), 'compiled'))
  const run = await load()
  process.exitCode = await run(process.argv.slice(2), {
    terminal: createTerminal(process),
    environment: process.env,
    home: homedir(),
    directory: process.cwd(),
  })
}
