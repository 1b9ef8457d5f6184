// `node scripts/with-node.mjs FILE [arguments]`: runs a script of this project under a Node that it supports.
import { environmentFor, prepareTools, reportFailure, run } from './bootstrap.mjs'

const [file, ...args] = process.argv.slice(2)
try {
  if (file === undefined) throw new Error('usage: node scripts/with-node.mjs FILE [arguments]')
  const node = await prepareTools()
  process.exitCode = await run(node, [file, ...args], { env: environmentFor(node) })
} catch (error) {
  reportFailure(error)
}
