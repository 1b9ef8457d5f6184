// Writes the generated parts of docs/reference/http.md: `npm run docs`.
// With `--check` it writes nothing and fails when the file is not what it would write.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../src/config/load.ts'
import { createGateway } from '../src/gateway.ts'
import { ERRORS } from '../src/lib/error.ts'
import { createLog } from '../src/observe/log.ts'
import { REPLY_HEADERS } from '../src/server/openapi/reply-headers.ts'
import { ROOT } from './bootstrap.mjs'
import { formatted, replaced, settle, table } from './generated-file.mjs'

const PAGE = 'docs/reference/http.md'
const ACCESS = /** @type {Record<string, string>} */ ({ public: '', key: 'a key', admin: 'the admin token' })

const parts = { routes: await routes(), headers: headers(), errors: errors() }
const page = Object.entries(parts).reduce(
  (text, [name, part]) => replaced(PAGE, text, name, part),
  readFileSync(join(ROOT, PAGE), 'utf8'),
)
settle(PAGE, formatted(page))

async function routes() {
  const { paths } = await documentOfGateway()
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [
      `\`${method.toUpperCase()} ${path}\``,
      operation.summary,
      ACCESS[operation['x-ucr-access']] ?? '',
    ]),
  )
  return table(['Route', 'What it does', 'Needs'], rows)
}

/**
 * What a gateway with all its parts says of itself.
 *
 * @returns {Promise<{ paths: Record<string, Record<string, { summary: string, 'x-ucr-access': string }>> }>}
 */
async function documentOfGateway() {
  const home = mkdtempSync(join(tmpdir(), 'ucr-docs-'))
  const flags = { port: 0 }
  const gateway = await createGateway({
    loaded: await loadConfig({ path: null, environment: {}, cwd: home, home, flags }),
    reload: null,
    environment: {},
    log: createLog({ level: 'silent', pretty: false, file: null }),
    stateFolder: join(home, 'state'),
    discover: false,
  })
  try {
    const [url] = await gateway.listen()
    const answer = await fetch(`${url}/openapi.json`)
    return JSON.parse(await answer.text())
  } finally {
    await gateway.close()
    rmSync(home, { recursive: true })
  }
}

function headers() {
  return table(
    ['Header', 'Meaning'],
    Object.entries(REPLY_HEADERS).map(([name, meaning]) => [`\`${name}\``, meaning]),
  )
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
