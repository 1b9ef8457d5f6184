// `npm start -- <flags of ucr start>`: sets up what is missing, then becomes the gateway.
import { join } from 'node:path'
import { environmentFor, prepareProgram, reportFailure, ROOT, run } from './bootstrap.mjs'

try {
  const node = await prepareProgram()
  const program = join(ROOT, 'dist', 'ucr.js')
  process.exitCode = await run(node, [program, 'start', ...process.argv.slice(2)], {
    // Node keeps what it has compiled there, so that the next start need not do it again.
    env: { NODE_COMPILE_CACHE: join(ROOT, '.cache', 'compiled'), ...environmentFor(node) },
  })
} catch (error) {
  reportFailure(error)
}
