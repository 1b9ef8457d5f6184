import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { ROOT } from './bootstrap.mjs'
import { SetupError } from './bootstrap/setup-error.mjs'

/** Bytes that the whole page may have, each file compressed with gzip. */
const MOST_BYTES = 60_000

const TYPES = /** @type {const} */ ({
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
})

/**
 * Builds the page at /dashboard into a folder: `index.html`, what it loads in `assets/`, and `files.json`, the list of all that is
 * served, by the names that are asked for.
 *
 * @param {string} folder
 * @returns {Promise<string[]>} the files that went in
 */
export async function buildDashboard(folder) {
  const result = await build({
    root: join(ROOT, 'dashboard'),
    configLoader: 'native',
    logLevel: 'warn',
    build: { write: false },
  })
  if (!('output' in result)) throw new Error('Vite built something else than one page.')
  mkdirSync(join(folder, 'assets'), { recursive: true })
  let size = 0
  for (const file of result.output) {
    const content = file.type === 'chunk' ? file.code : file.source
    size += gzipSync(content).length
    writeFileSync(join(folder, file.fileName), content)
  }
  if (size > MOST_BYTES) throw new SetupError(`the dashboard has ${size} bytes, which is more than ${MOST_BYTES}`)
  const files = result.output.map(({ fileName }) => ({ name: fileName, type: typeOf(fileName) }))
  writeFileSync(join(folder, 'files.json'), `${JSON.stringify(files, null, 2)}\n`)
  return result.output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
}

/** @param {string} name */
function typeOf(name) {
  const type = Object.entries(TYPES).find(([ending]) => name.endsWith(`.${ending}`))?.[1]
  if (type === undefined) throw new Error(`Nothing is known of the type of ${name}.`)
  return type
}
