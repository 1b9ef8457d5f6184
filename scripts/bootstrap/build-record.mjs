import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What the program is built from. A folder stands for all files in it. */
const INPUTS = [
  'src',
  'dashboard/src',
  'dashboard/index.html',
  'dashboard/package.json',
  'dashboard/vite.config.ts',
  'schema',
  'scripts/build.mjs',
  'scripts/build-dashboard.mjs',
  'package.json',
  'package-lock.json',
]

/**
 * A hash over names, sizes and times of everything that is built: cheap enough for every start.
 *
 * @param {string} root
 */
export function inputStamp(root) {
  const hash = createHash('sha256')
  for (const input of INPUTS) addInput(hash, root, input)
  return hash.digest('hex')
}

/**
 * Whether dist/ was built from the files as they are.
 *
 * @param {string} root
 */
export function isBuilt(root) {
  if (!existsSync(join(root, 'dist', 'ucr.js'))) return false
  try {
    return JSON.parse(readFileSync(recordPath(root), 'utf8')).stamp === inputStamp(root)
  } catch {
    return false
  }
}

/**
 * Where a build notes what it was made from (`stamp`) and what it made (`files`).
 *
 * @param {string} root
 */
export function recordPath(root) {
  return join(root, 'dist', '.build.json')
}

/** @param {import('node:crypto').Hash} hash @param {string} root @param {string} path */
function addInput(hash, root, path) {
  const stats = statSync(join(root, path), { throwIfNoEntry: false })
  if (stats === undefined || path.endsWith('.test.ts')) return
  if (!stats.isDirectory()) {
    hash.update(`${path}\0${stats.size}\0${stats.mtimeMs}\n`)
    return
  }
  for (const name of readdirSync(join(root, path)).sort()) addInput(hash, root, `${path}/${name}`)
}
