import { existsSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { runStep } from './run.mjs'
import { SetupError } from './setup-error.mjs'

/**
 * Runs npm quietly: its own errors are seen, the rest is not.
 *
 * @param {string} node the Node that runs it. npm leaves out optional packages that do not suit the Node it runs under,
 *   so the dependencies' native parts have to be installed by the Node that will load them.
 * @param {readonly string[]} args
 * @param {string} directory
 * @returns {Promise<number>} exit code
 */
export function npm(node, args, directory) {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
  return runStep(node, [npmProgram(), ...args, ...quiet], { cwd: directory, stdio: ['ignore', 'ignore', 2] })
}

/** The npm that runs us, else the one beside this Node, else the one on the PATH. As a script: Windows starts no `npm.cmd` without a shell. */
function npmProgram() {
  const candidates = [
    process.env['npm_execpath'],
    join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ...onPath(),
  ]
  for (const candidate of candidates) {
    // Yarn and pnpm set npm_execpath too.
    if (candidate && basename(candidate) === 'npm-cli.js' && existsSync(candidate)) return candidate
  }
  throw new SetupError('npm is needed to set this folder up, and was not found. Install it, or run "npm start".')
}

function* onPath() {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, 'npm')
    if (folder !== '' && existsSync(program)) {
      yield realpathSync(program)
      yield join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js')
    }
  }
}
