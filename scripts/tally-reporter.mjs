import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'

/**
 * @typedef {object} TestOutcome
 * @property {string} file relative to the project's folder
 * @property {string} name with the names of the groups around it
 * @property {'passed' | 'failed' | 'skipped'} state
 * @property {string | null} note why it was skipped
 *
 * @typedef {object} Tally
 * @property {TestOutcome[]} tests
 * @property {string[]} errors what failed outside any test: a file that cannot be loaded, a rejection nobody awaited
 */

/** A vitest reporter that writes a `Tally` to the file named by the environment variable `UCR_TALLY`. */
export default class TallyReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} testModules
   * @param {readonly import('vitest').SerializedError[]} unhandledErrors
   */
  onTestRunEnd(testModules, unhandledErrors) {
    const path = process.env['UCR_TALLY']
    if (path === undefined) return
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, JSON.stringify(tallyOf(testModules, unhandledErrors), null, 2))
  }
}

/**
 * @param {readonly import('vitest/node').TestModule[]} testModules
 * @param {readonly import('vitest').SerializedError[]} unhandledErrors
 * @returns {Tally}
 */
function tallyOf(testModules, unhandledErrors) {
  /** @type {Tally} */
  const tally = { tests: [], errors: unhandledErrors.map((error) => error.message) }
  for (const testModule of testModules) {
    const file = relative(process.cwd(), testModule.moduleId)
    for (const holder of [testModule, ...testModule.children.allSuites()]) {
      for (const error of holder.errors()) tally.errors.push(`${file}: ${error.message}`)
    }
    for (const test of testModule.children.allTests()) {
      const result = test.result()
      // A test that never came to an end did not pass.
      const state = result.state === 'pending' ? 'failed' : result.state
      const note = result.state === 'skipped' ? (result.note ?? null) : null
      tally.tests.push({ file, name: test.fullName, state, note })
    }
  }
  return tally
}
