import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `npm run bench`: installs the other gateways once, builds ours, measures everything side by side and writes the
 * tables of the documents. Options go to `end-to-end.ts` (`--rounds`, `--duration`, `--only`, `--gateways`).
 */
const folder = import.meta.dirname
/** @param {readonly string[]} args */
const node = (...args) => execFileSync(process.execPath, args, { stdio: 'inherit', cwd: join(folder, '..') })

if (!existsSync(join(folder, 'node_modules'))) {
  const npm = process.env['npm_execpath']
  if (npm === undefined) throw new Error('Run it as "npm run bench", so that it can install the other gateways.')
  execFileSync(process.execPath, [npm, 'ci', '--ignore-scripts'], { stdio: 'inherit', cwd: folder })
}
node(join(folder, '..', 'scripts', 'build.mjs'))
node(join(folder, 'codec.ts'))
node(join(folder, 'end-to-end.ts'), ...process.argv.slice(2))
node(join(folder, 'report.ts'))
