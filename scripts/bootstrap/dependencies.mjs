import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { npm } from './npm.mjs'
import { say } from './say.mjs'
import { SetupError } from './setup-error.mjs'

/**
 * Installs what package-lock.json names, unless it is there.
 *
 * @param {string} root
 * @param {string} node
 */
export async function ensureDependencies(root, node) {
  if (dependenciesInstalled(root)) return
  await withLock(root, async () => {
    if (dependenciesInstalled(root)) return
    say('installing dependencies')
    const code = await npm(node, ['ci', '--include=dev'], root)
    if (code !== 0)
      throw new SetupError('npm ci failed (see above). Is the registry reachable, and the folder writable?')
  })
}

/**
 * Whether node_modules is what package-lock.json says. Compared by content, because times say little after a checkout:
 * npm keeps in node_modules the part of the lock file that it has installed, written last.
 *
 * @param {string} root
 */
export function dependenciesInstalled(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'))
  if (wanted === null)
    throw new SetupError(`${root} has no package-lock.json that can be read: is this the project's folder?`)
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  if (present === null) return false
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true
    const installed = present[path]
    if (installed === undefined) return optional === true
    return installed.version === version && installed.integrity === integrity
  })
}

/**
 * @param {string} path of a lock file
 * @returns {Record<string, { version: string, integrity?: string, optional?: boolean }> | null}
 */
function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return null
  }
}
