// Brings the client programs that the tests drive: npm packages into `node_modules/`, Python ones into `.venv/`.
// What cannot be had here is said, and the tests that need it skip with the same words.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = import.meta.dirname
const venvs = join(folder, '.venv')

/** The newest major version of each official SDK, and the one before. */
const PYTHON = {
  current: ['anthropic==2.12.0', 'openai==3.54.0'],
  previous: ['anthropic==1.17.0', 'openai==2.54.0'],
}

installPackages()
for (const [name, packages] of Object.entries(PYTHON)) installPython(name, packages)

function installPackages() {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const stamp = join(folder, 'node_modules', '.installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log('client tests: installing Claude Code and the official SDKs from npm')
  npm(['ci', '--ignore-scripts', '--no-fund', '--no-audit'])
  writeFileSync(stamp, lock)
}

/** @param {readonly string[]} args */
function npm(args) {
  const path = process.env['npm_execpath']
  if (path === undefined) execFileSync('npm', args, { cwd: folder, stdio: 'inherit' })
  else execFileSync(process.execPath, [path, ...args], { cwd: folder, stdio: 'inherit' })
}

/** @param {string} name @param {readonly string[]} packages */
function installPython(name, packages) {
  const target = join(venvs, name)
  const stamp = join(target, '.installed')
  const wanted = packages.join('\n')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log(`client tests: installing ${packages.join(', ')} from PyPI`)
  rmSync(target, { recursive: true, force: true })
  rmSync(`${target}.skipped`, { force: true })
  mkdirSync(venvs, { recursive: true })
  try {
    execFileSync('python3', ['-m', 'venv', target], { stdio: ['ignore', 'ignore', 'pipe'] })
    execFileSync(join(target, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    writeFileSync(stamp, wanted)
  } catch (error) {
    const why = `Python SDKs cannot be installed: ${String(error instanceof Error ? error.message : error).split('\n')[0]}`
    rmSync(target, { recursive: true, force: true })
    writeFileSync(`${target}.skipped`, why)
    console.log(`client tests: skipped: ${why}`)
  }
}
