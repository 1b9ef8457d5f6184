import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package in the folder of a peer, null where `install.mjs` did not bring it. */
export function installed(peer: string, name: string): { readonly folder: string; readonly version: string } | null {
  const folder = join(import.meta.dirname, peer, 'node_modules', name)
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return null
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return { folder, version }
}
