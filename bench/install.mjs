import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Brings the other gateways into their folders under `peers/`, each from the registry of its language: a `package.json` by
 * npm, a `requirements.txt` into a virtual environment. What cannot be installed is noted with the reason and left out.
 * nginx and HAProxy are used where the machine has them.
 */
const folder = import.meta.dirname
const npm = process.env['npm_execpath']
/** @type {{ name: string, reason: string }[]} */
const failed = []

/** @param {string} name @param {string} place */
function install(name, place) {
  const has = (/** @type {string} */ file) => existsSync(join(place, file))
  const run = (/** @type {string} */ command, /** @type {string[]} */ ...words) => {
    console.log(`${name}: ${command} ${words.join(' ')}`)
    const { status, stdout, stderr } = spawnSync(command, words, { cwd: place, encoding: 'utf8', timeout: 600_000 })
    if (status !== 0) throw new Error(reasonIn(`${stdout}\n${stderr}`))
  }
  try {
    if (has('package.json') && !has('node_modules')) {
      const words = [has('package-lock.json') ? 'ci' : 'install', '--ignore-scripts', '--no-audit', '--no-fund']
      if (npm === undefined) run('npm', ...words)
      else run(process.execPath, npm, ...words)
    }
    if (has('requirements.txt') && !has('.venv/installed')) {
      run('python3', '-m', 'venv', '.venv')
      run(join(place, '.venv', 'bin', 'pip'), 'install', '--quiet', '-r', 'requirements.txt')
      writeFileSync(join(place, '.venv', 'installed'), '')
    }
  } catch (error) {
    failed.push({ name, reason: error instanceof Error ? error.message : String(error) })
  }
}

/** @param {string} output */
function reasonIn(output) {
  const lines = output.split('\n').filter((line) => /error|404|403/i.test(line))
  return `cannot be installed: ${(lines[1] ?? lines[0] ?? output).trim().slice(0, 200)}`
}

for (const { name, parentPath } of readdirSync(join(folder, 'peers'), { recursive: true, withFileTypes: true })) {
  if (parentPath.includes('node_modules') || parentPath.includes('.venv')) continue
  if (name !== 'package.json' && name !== 'requirements.txt') continue
  install(parentPath.slice(join(folder, 'peers').length + 1).replace('/', '-'), parentPath)
}
if (!existsSync(join(folder, 'node_modules')) && existsSync(join(folder, 'package-lock.json')))
  install('load test', folder)
for (const { name, reason } of failed) console.log(`${name}: ${reason}`)
mkdirSync(join(folder, '.cache'), { recursive: true })
writeFileSync(join(folder, '.cache', 'failed.json'), JSON.stringify(failed))
for (const name of ['nginx', 'haproxy', 'gcc']) {
  if (spawnSync('which', [name]).status !== 0)
    console.log(`${name} is not here: it is worth installing it for the bench`)
}
