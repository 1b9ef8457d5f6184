// Writes docs/reference/conformance.md from the results of the conformance suite, which runs this when it is done:
// `npm test -- conformance`. With `--check` it writes nothing and fails when the page is not what it would write.
// It fails, too, when a case has neither a test nor a reason for that.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reportFailure, ROOT } from './bootstrap.mjs'
import { SetupError } from './bootstrap/setup-error.mjs'
import { table } from './generated-file.mjs'
import { PROTOCOL_IDS } from '../src/canonical/protocol-id.ts'

/**
 * @typedef {import('./tally-reporter.mjs').TestOutcome} TestOutcome
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {string} holds what has to be true
 * @property {string} [reason] why it has no test, or what its tests leave out
 *
 * @typedef {object} Group
 * @property {string} title
 * @property {Record<string, Case>} cases by number
 */

const RESULTS = join(ROOT, '.cache', 'results', 'conformance.json')
const CASES = join(ROOT, 'test', 'conformance', 'cases.json')
const PAGE = join(ROOT, 'docs', 'reference', 'conformance.md')

const FORMS = ['stream', 'whole']
const PLANS = ['passthrough', 'translate']

try {
  run()
} catch (error) {
  reportFailure(error)
}

function run() {
  if (!existsSync(RESULTS)) throw new SetupError('there are no results yet: run npm test -- conformance')
  /** @type {import('./tally-reporter.mjs').Tally} */
  const { tests } = JSON.parse(readFileSync(RESULTS, 'utf8'))
  /** @type {readonly Group[]} */
  const groups = JSON.parse(readFileSync(CASES, 'utf8'))
  const byCase = testsByCase(tests)
  const problems = [...missing(groups, byCase), ...unknown(groups, byCase)]
  write(pageOf(groups, byCase, tests))
  if (problems.length > 0) throw new SetupError(`the conformance cases are not complete:\n  ${problems.join('\n  ')}`)
}

/**
 * A test belongs to the cases whose numbers its name begins with: `12 socket-reset-mid: ...`, or several,
 * `10 truncated-no-finish, 12 socket-reset-mid: ...`.
 *
 * @param {readonly TestOutcome[]} tests
 * @returns {Map<string, TestOutcome[]>}
 */
function testsByCase(tests) {
  /** @type {Map<string, TestOutcome[]>} */
  const byCase = new Map()
  for (const test of tests) {
    for (const number of numbersIn(test.name)) byCase.set(number, [...(byCase.get(number) ?? []), test])
  }
  return byCase
}

/** @param {string} name with the names of the groups around it @returns {Set<string>} */
function numbersIn(name) {
  const heads = name.split(' > ').flatMap((part) => (part.split(':')[0] ?? '').split(', '))
  return new Set(heads.flatMap((head) => /^(\d{1,3}) \S/.exec(head)?.[1] ?? []))
}

/** @param {readonly Group[]} groups @param {Map<string, TestOutcome[]>} byCase */
function missing(groups, byCase) {
  return groups
    .flatMap(({ cases }) => Object.entries(cases))
    .filter(([number, { reason }]) => reason === undefined && !byCase.has(number))
    .map(([number, { name }]) => `${number} ${name}: no test`)
}

/** @param {readonly Group[]} groups @param {Map<string, TestOutcome[]>} byCase */
function unknown(groups, byCase) {
  const known = new Set(groups.flatMap(({ cases }) => Object.keys(cases)))
  return [...byCase.keys()].filter((number) => !known.has(number)).map((number) => `${number}: no such case`)
}

/**
 * Tests that were skipped (an SDK that is not installed yet) say nothing: a case has others.
 *
 * @param {readonly TestOutcome[]} tests
 */
function resultOf(tests) {
  if (tests.some(({ state }) => state === 'failed')) return '**fails**'
  return tests.some(({ state }) => state === 'passed') ? 'pass' : 'not run'
}

/** @param {readonly Group[]} groups @param {Map<string, TestOutcome[]>} byCase @param {readonly TestOutcome[]} tests */
function pageOf(groups, byCase, tests) {
  return `# Conformance

<!-- Written by scripts/conformance-doc.mjs from the results of the conformance suite. Do not edit. -->

Each case is one or more tests in \`test/conformance\` whose names begin with its number. They run through the whole gateway
over real sockets, between a scripted vendor that sends exact bytes and a client that reads the reply as strictly as the
official SDKs do: whole and streamed, cut at every byte where that can matter, and with bytes passed through as well as
translated (\`plan: "translate"\`) where both sides speak one protocol. Real clients are driven in \`test/clients\`.

## Pairs

Reasoning, text, two tool calls at once, the end and the usage arrive, from each vendor's protocol at each client's.

${pairTable(tests)}

Bytes can pass only where client and vendor speak the same protocol.
${groups.map((group) => `\n## ${group.title}\n\n${caseTable(group, byCase)}\n`).join('')}`
}

/** @param {readonly TestOutcome[]} tests */
function pairTable(tests) {
  const head = ['Client', 'Vendor', ...FORMS.flatMap((form) => PLANS.map((plan) => `${form}, ${plan}`))]
  const rows = PROTOCOL_IDS.flatMap((client) =>
    PROTOCOL_IDS.map((vendor) => [
      `\`${client}\``,
      `\`${vendor}\``,
      ...FORMS.flatMap((form) => PLANS.map((plan) => pairResult(tests, client, vendor, form, plan))),
    ]),
  )
  return table(head, rows)
}

/**
 * @param {readonly TestOutcome[]} tests
 * @param {string} client
 * @param {string} vendor
 * @param {string} form
 * @param {string} plan
 */
function pairResult(tests, client, vendor, form, plan) {
  const name = `pair ${client} -> ${vendor}, ${form}, ${plan}:`
  const found = tests.filter((test) => test.name.split(' > ').some((part) => part.startsWith(name)))
  return found.length === 0 && plan === 'passthrough' && client !== vendor ? '' : resultOf(found)
}

/** @param {Group} group @param {Map<string, TestOutcome[]>} byCase */
function caseTable({ cases }, byCase) {
  const rows = Object.entries(cases).map(([number, { name, holds, reason }]) => {
    const tests = byCase.get(number) ?? []
    const result =
      reason === undefined ? resultOf(tests) : tests.length === 0 ? reason : `${resultOf(tests)}; ${reason}`
    return [number, name, holds, result]
  })
  return table(['', 'Case', 'What holds', 'Result'], rows)
}

/** @param {string} page */
function write(page) {
  const before = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''
  if (before === page) return
  if (process.argv.includes('--check')) {
    throw new SetupError('docs/reference/conformance.md is out of date: run npm test -- conformance')
  }
  writeFileSync(PAGE, page)
  console.log('docs/reference/conformance.md was written anew')
}
