// `npm run docs`: writes all pages and files that are generated from the source. With `--check`: writes nothing, and
// fails when one of them is not what it would write.
import { join } from 'node:path'
import { reportFailure, ROOT, runStep } from './bootstrap.mjs'

/** Each takes `--check` too. `conformance-doc.mjs` is not one of them: it needs the results of a test run. */
const WRITERS = [
  'api-doc.mjs',
  'http-doc.mjs',
  'metrics-doc.mjs',
  'alerts-doc.mjs',
  'schema.mjs',
  'cli-doc.mjs',
  'prices-doc.mjs',
  'providers-doc.mjs',
]

try {
  for (const writer of WRITERS) {
    const code = await runStep(process.execPath, [join(ROOT, 'scripts', writer), ...process.argv.slice(2)], {
      cwd: ROOT,
    })
    if (code !== 0) process.exitCode = 1
  }
} catch (error) {
  reportFailure(error)
}
