// Writes the generated parts of docs/reference/http.md: `npm run docs`.
// With `--check` it writes nothing and fails when the file is not what it would write.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERRORS } from '../src/lib/error.ts'
import { PROTOCOL_LIST } from '../src/protocols/index.ts'
import { ROOT } from './bootstrap.mjs'
import { formatted, replaced, settle, table } from './generated-file.mjs'

const PAGE = 'docs/reference/http.md'

const withRoutes = replaced(PAGE, readFileSync(join(ROOT, PAGE), 'utf8'), 'routes', routes())
settle(PAGE, formatted(replaced(PAGE, withRoutes, 'errors', errors())))

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
