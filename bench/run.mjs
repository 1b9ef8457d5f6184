import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `npm run bench`: installs the other gateways once, builds ours, measures everything side by side and writes the tables
 * of the documents.
 *
 * --quick: about three minutes, nginx and ours. --relay: nginx, HAProxy and ours, nothing translated. --only ROW and
 * --gateways NAME (repeatable), --rounds, --duration (ms), --only soak --minutes M. --effects: what each setting of the
 * guide does. --compare REVISION [OTHER]: two revisions or checkouts of this project, in turns.
 */
const folder = import.meta.dirname
const root = join(folder, '..')
const args = process.argv.slice(2)
// Debian keeps nginx and HAProxy where the PATH of an ordinary user does not look.
process.env['PATH'] = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin`

/** @param {readonly string[]} words */
const node = (...words) => execFileSync(process.execPath, words, { stdio: 'inherit', cwd: root })

/** In a network that has nothing but loopback, where this machine lets us: no gateway under test can phone home. @param {string} script @param {readonly string[]} words */
const isolated = (script, words) => {
  execFileSync(process.execPath, ['-e', "import('./bench/tools.ts').then((tools) => tools.prepareTools())"], {
    cwd: root,
  })
  const isolate = join(folder, '.cache', 'isolate')
  const able = existsSync(isolate) && spawnSync(isolate, ['true']).status === 0
  const [command, ...before] = able ? [isolate, process.execPath] : [process.execPath]
  if (!able) console.log('Not in a network of its own: this needs root and a C compiler.')
  execFileSync(command, [...before, join(folder, script), ...words], { stdio: 'inherit', cwd: root })
}

const partial = ['--quick', '--relay', '--only', '--gateways'].some((option) => args.includes(option))
if (args[0] === '--compare') {
  isolated('compare.ts', args.slice(1))
} else {
  if (!partial) node(join(folder, 'install.mjs'))
  node(join(root, 'scripts', 'build.mjs'))
  if (args[0] === '--effects') {
    isolated('effects.ts', args.slice(1))
  } else {
    if (!partial) node(join(folder, 'codec.ts'))
    isolated('end-to-end.ts', args)
    if (!partial) isolated('effects.ts', [])
    if (!partial) isolated('start.ts', [])
  }
  node(join(folder, 'report.ts'))
}
