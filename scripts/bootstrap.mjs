// What has to be true before anything of this project runs. Plain JavaScript for Node 18 and newer, without dependencies:
// it is what brings the newer Node and the dependencies.
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isBuilt } from './bootstrap/build-record.mjs'
import { ensureDependencies } from './bootstrap/dependencies.mjs'
import { withLock } from './bootstrap/lock.mjs'
import { runStep } from './bootstrap/run.mjs'
import { ensureRuntime } from './bootstrap/runtime.mjs'
import { say } from './bootstrap/say.mjs'
import { SetupError } from './bootstrap/setup-error.mjs'

export { run, runStep } from './bootstrap/run.mjs'
export { reportFailure } from './bootstrap/setup-error.mjs'

/** The project's folder. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** A supported Node with the dependencies beside it: what the scripts of this folder need. Gives the path of that Node. */
export async function prepareTools() {
  const node = await ensureRuntime(ROOT)
  await ensureDependencies(ROOT, node)
  return node
}

/** A supported Node and an up-to-date `dist/`, which needs no dependencies any more. Gives the path of that Node. */
export async function prepareProgram() {
  const node = await ensureRuntime(ROOT)
  if (isBuilt(ROOT)) return node
  await ensureDependencies(ROOT, node)
  await withLock(ROOT, async () => {
    if (isBuilt(ROOT)) return
    say('building')
    const code = await runStep(node, [join(ROOT, 'scripts', 'build.mjs'), '--program-only'], {
      cwd: ROOT,
      env: environmentFor(node),
      stdio: ['ignore', 2, 2],
    })
    if (code !== 0) throw new SetupError('the build failed (see above)')
  })
  return node
}

/**
 * The environment in which a plain `node`, in a shebang or a shell, is the Node given.
 *
 * @param {string} node
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentFor(node) {
  if (node === process.execPath) return process.env
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  const path = [dirname(node), process.env[name]].filter(Boolean).join(delimiter)
  return { ...process.env, [name]: path, NODE: node, npm_node_execpath: node }
}
