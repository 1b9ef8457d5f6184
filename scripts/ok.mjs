// `npm run ok`: everything that is quick to check before a commit. Stops at the first failure.
import { reportFailure } from './bootstrap.mjs'
import { runSuite } from './suites.mjs'

try {
  await ok()
} catch (error) {
  reportFailure(error)
}

async function ok() {
  for (const suite of ['format', 'lint', 'types', 'unused', 'docs', 'architecture', 'unit', 'conformance']) {
    console.log(`\n=== ${suite}`)
    const { failures } = await runSuite(suite)
    if (failures.length > 0) {
      console.error(`\nNot ok: ${suite}\n${failures.map((failure) => `  ${failure}`).join('\n')}`)
      process.exitCode = 1
      return
    }
  }
  console.log('\nok')
}
