// `npm start -- <flags of ucr start>`: sets up what is missing, then becomes the gateway.
import { join } from 'node:path'
import { environmentFor, prepareProgram, reportFailure, ROOT, run } from './bootstrap.mjs'

try {
  const node = await prepareProgram()
  const program = join(ROOT, 'dist', 'ucr.js')
  process.exitCode = await run(node, [program, 'start', ...process.argv.slice(2)], { env: environmentFor(node) })
} catch (error) {
  reportFailure(error)
}
