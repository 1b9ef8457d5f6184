// Writes the generated parts of docs/reference/http.md: `node scripts/http-doc.mjs`.
// With `--check` it writes nothing and fails when the file is not what it would write.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERRORS } from '../src/lib/error.ts'
import { PROTOCOL_LIST } from '../src/protocols/index.ts'
import { ROOT } from './bootstrap.mjs'

const TARGET = join(ROOT, 'docs', 'reference', 'http.md')
const OXFMT = join(ROOT, 'node_modules', 'oxfmt', 'bin', 'oxfmt')

const before = readFileSync(TARGET, 'utf8')
let text = replaced(before, 'routes', routes())
text = replaced(text, 'errors', errors())
if (process.argv.includes('--check')) {
  writeFileSync(TARGET, text)
  execFileSync(process.execPath, [OXFMT, TARGET], { stdio: 'ignore' })
  const after = readFileSync(TARGET, 'utf8')
  writeFileSync(TARGET, before)
  if (after !== before) {
    console.error('docs/reference/http.md is not current: run "npm run docs"')
    process.exitCode = 1
  }
} else {
  writeFileSync(TARGET, text)
  execFileSync(process.execPath, [OXFMT, TARGET], { stdio: 'ignore' })
}

function routes() {
  const rows = PROTOCOL_LIST.flatMap(({ name, routes: list }) =>
    list.map((route) => [`\`${route.method} ${route.path}\``, name, route.public ? 'no' : 'yes']),
  )
  return table(['Route', 'Protocol', 'Key needed'], rows)
}

function errors() {
  const rows = Object.entries(ERRORS).map(([code, { status, kind, blame, retryable }]) => [
    `\`${code}\``,
    String(status),
    kind,
    blame,
    retryable ? 'yes' : 'no',
  ])
  return table(['`x-ucr-error`', 'Status', 'Kind', 'Whose fault', 'Another deployment may help'], rows)
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** @param {string} text @param {string} name @param {string} part */
function replaced(text, name, part) {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from === -1 || to === -1) throw new Error(`docs/reference/http.md has no place for ${name}`)
  return `${text.slice(0, from + start.length)}\n\n${part}\n\n${text.slice(to)}`
}
