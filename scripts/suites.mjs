import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, runStep } from './bootstrap.mjs'
import { isolated } from './isolation.mjs'

/**
 * @typedef {object} SuiteResult
 * @property {string} suite
 * @property {number} passed
 * @property {number} failed
 * @property {{ name: string, why: string }[]} skipped `why` is the test's name where it gave no reason
 * @property {string[]} failures names of what failed
 */

/** Checks of the text, each of which counts as one test: commands that all have to succeed. */
const CHECKS = {
  format: [['node_modules/oxfmt/bin/oxfmt', '--check']],
  lint: [['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings']],
  docs: [['scripts/docs.mjs', '--check']],
  types: [
    ['node_modules/typescript/bin/tsc', '-p', '.'],
    ['node_modules/typescript/bin/tsc', '-p', 'dashboard'],
  ],
  unused: [['node_modules/knip/bin/knip.js', '--no-progress']],
}

/** Projects of vitest.config.ts. */
const PROJECTS = ['architecture', 'unit', 'conformance', 'system', 'browser', 'clients']

/** All suites, the quickest to tell something first. */
export const SUITES = [...Object.keys(CHECKS), ...PROJECTS]

/**
 * Runs one suite with its output on the terminal.
 *
 * @param {string} suite
 * @returns {Promise<SuiteResult>}
 */
export function runSuite(suite) {
  const check = Object.entries(CHECKS).find(([name]) => name === suite)
  return check === undefined ? runProject(suite) : runCheck(suite, check[1])
}

/**
 * Brings what tests need besides the project's own dependencies, such as client programs and proxies. Other
 * suites use them too where they are there, so this comes first.
 *
 * @param {readonly string[]} suites those that will run
 * @returns {Promise<string[]>} what failed
 */
export async function installFor(suites) {
  const failures = []
  for (const suite of suites) {
    failures.push(...(await runHook(join(ROOT, 'test', suite, 'install.mjs'), `test/${suite}/install.mjs`)))
  }
  return failures
}

/** @param {string} suite @param {readonly (readonly string[])[]} commands @returns {Promise<SuiteResult>} */
async function runCheck(suite, commands) {
  const plain = process.stdout.isTTY ? {} : { NO_COLOR: '1' }
  for (const [program = '', ...args] of commands) {
    const code = await runCommand([process.execPath, join(ROOT, program), ...args], plain)
    if (code !== 0) return { suite, passed: 0, failed: 1, skipped: [], failures: [suite] }
  }
  return { suite, passed: 1, failed: 0, skipped: [], failures: [] }
}

/** @param {string} suite @returns {Promise<SuiteResult>} */
async function runProject(suite) {
  const failures = await checkOwnTypes(suite)
  const tallyPath = join(ROOT, '.cache', 'results', `${suite}.json`)
  rmSync(tallyPath, { force: true })
  const vitest = [process.execPath, join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', suite]
  const reporters = ['--reporter=default', `--reporter=${join(ROOT, 'scripts', 'tally-reporter.mjs')}`]
  const command = [...vitest, ...reporters, ...(process.stdout.isTTY ? [] : ['--no-color'])]
  const code = await runCommand(suite === 'clients' ? isolated(command) : command, { UCR_TALLY: tallyPath })
  const { tests, errors } = readTally(tallyPath)
  for (const test of tests) if (test.state === 'failed') failures.push(`${test.file} > ${test.name}`)
  failures.push(...errors)
  if (tests.length === 0) failures.push(`${suite}: no test was run`)
  if (code !== 0 && failures.length === 0) failures.push(`${suite}: vitest ended with code ${code}`)
  failures.push(...(await runHook(join(ROOT, 'scripts', `${suite}-doc.mjs`), `scripts/${suite}-doc.mjs`)))
  return {
    suite,
    passed: tests.filter((test) => test.state === 'passed').length,
    failed: failures.length,
    skipped: tests.filter((test) => test.state === 'skipped').map(({ name, note }) => ({ name, why: note ?? name })),
    failures,
  }
}

/**
 * Runs a script that belongs to a suite, where there is one: `test/<suite>/install.mjs` brings what its tests need, and
 * `scripts/<suite>-doc.mjs` writes a document from their results.
 *
 * @param {string} path
 * @param {string} name
 * @returns {Promise<string[]>} what failed
 */
async function runHook(path, name) {
  if (!existsSync(path)) return []
  const code = await runCommand([process.execPath, path])
  return code === 0 ? [] : [`${name} ended with code ${code}`]
}

/**
 * A suite with packages of its own is left out of the common check of types, and checked here when they are installed.
 *
 * @param {string} suite
 * @returns {Promise<string[]>} what failed
 */
async function checkOwnTypes(suite) {
  const project = join(ROOT, 'test', suite, 'tsconfig.json')
  if (!existsSync(project)) return []
  const code = await runCommand([process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project])
  return code === 0 ? [] : [`types of test/${suite}`]
}

/** @param {readonly string[]} command @param {NodeJS.ProcessEnv} [variables] */
function runCommand([program = '', ...args], variables = {}) {
  return runStep(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

/** @param {string} path @returns {import('./tally-reporter.mjs').Tally} */
function readTally(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { tests: [], errors: [] }
}
