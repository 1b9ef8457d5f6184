// `npm test`: all suites, one after the other, and a plain count as the last line.
// `npm test -- unit conformance` runs only those named.
import { reportFailure } from './bootstrap.mjs'
import { SetupError } from './bootstrap/setup-error.mjs'
import { installFor, runSuite, SUITES } from './suites.mjs'

try {
  await test(process.argv.slice(2))
} catch (error) {
  reportFailure(error)
}

/** @param {readonly string[]} names */
async function test(names) {
  const unknown = names.filter((name) => !SUITES.includes(name))
  if (unknown.length > 0) {
    throw new SetupError(`there is no suite ${unknown.join(', ')}; the suites are: ${SUITES.join(', ')}`)
  }
  const suites = SUITES.filter((suite) => names.length === 0 || names.includes(suite))
  const missing = await installFor(suites)
  const results = []
  for (const suite of suites) {
    console.log(`\n=== ${suite}`)
    results.push(await runSuite(suite))
  }
  process.exitCode = report(results, missing)
}

/**
 * @param {readonly import('./suites.mjs').SuiteResult[]} results
 * @param {readonly string[]} missing what could not be installed
 * @returns {number} exit code
 */
function report(results, missing) {
  console.log('\n=== summary')
  for (const { suite, passed, failed, skipped } of results) {
    console.log(`${suite.padEnd(14)} ${countLine(passed, failed, skipped.length)}`)
  }
  reportSkipped(results)
  const failures = [...missing, ...results.flatMap((result) => result.failures)]
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}`)

  const passed = sum(results.map((result) => result.passed))
  const skipped = sum(results.map((result) => result.skipped.length))
  console.log(`\n${countLine(passed, failures.length, skipped)}`)
  return failures.length > 0 || passed === 0 ? 1 : 0
}

/** @param {readonly import('./suites.mjs').SuiteResult[]} results */
function reportSkipped(results) {
  /** @type {Map<string, number>} */
  const reasons = new Map()
  for (const { suite, skipped } of results) {
    for (const { why } of skipped) reasons.set(`${suite}: ${why}`, (reasons.get(`${suite}: ${why}`) ?? 0) + 1)
  }
  if (reasons.size > 0) console.log('\nSkipped:')
  for (const [reason, count] of reasons) console.log(`  ${count} in ${reason}`)
}

/** @param {number} passed @param {number} failed @param {number} skipped */
function countLine(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** @param {readonly number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
