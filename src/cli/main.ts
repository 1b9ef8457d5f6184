import { homedir } from 'node:os'
import { join } from 'node:path'
import { setUpEngine } from './engine-settings.ts'
import { stateFolder } from './state-folder.ts'
import { createTerminal } from './terminal.ts'
import { isAtLeast, OLDEST_NODE } from './version.ts'

// Before anything that an older Node could not even load.
if (!isAtLeast(process.versions.node, OLDEST_NODE)) {
  process.stderr.write(
    `error: ucr needs Node ${OLDEST_NODE} or newer; this is ${process.versions.node}.\n` +
      '  Install one from https://nodejs.org, or run "npm start" in a clone of the project, which brings its own.\n',
  )
  process.exit(1)
}

setUpEngine(join(stateFolder({ environment: process.env, home: homedir() }), 'compiled'))

const [{ runCommandLine }, { COMMANDS }] = await Promise.all([import('./program.ts'), import('./commands/index.ts')])

process.exitCode = await runCommandLine(process.argv.slice(2), COMMANDS, {
  terminal: createTerminal(process),
  environment: process.env,
  home: homedir(),
  directory: process.cwd(),
})
