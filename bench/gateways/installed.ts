import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package of `bench/node_modules`, null where `npm ci` in `bench/` was not run. */
export function installed(name: string): { readonly folder: string; readonly version: string } | null {
  const folder = join(import.meta.dirname, '..', 'node_modules', name)
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return null
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return { folder, version }
}
