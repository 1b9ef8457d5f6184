// `npm run build`: everything that is published, into an empty dist/.
// With `--program-only`: what `npm start` needs, without type declarations and licences, into dist/ as it is.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { inputStamp, recordPath } from './bootstrap/build-record.mjs'
import { SetupError } from './bootstrap/setup-error.mjs'
import { reportFailure, ROOT, runStep } from './bootstrap.mjs'
import { buildDashboard } from './build-dashboard.mjs'
import { thirdPartyLicenses } from './third-party-licenses.mjs'

const DIST = join(ROOT, 'dist')
const STAGE = join(ROOT, '.cache', 'build')
/** Of the bundle's entries, those that are commands. */
const PROGRAMS = ['ucr', 'claude-wrapper']

try {
  await build(process.argv.includes('--program-only'))
} catch (error) {
  reportFailure(error)
}

/** @param {boolean} programOnly */
async function build(programOnly) {
  // Taken first: what is edited while the build runs is built again at the next start.
  const stamp = inputStamp(ROOT)
  rmSync(STAGE, { recursive: true, force: true })
  const modules = [...(await bundle()), ...(await buildDashboard(join(STAGE, 'dashboard')))]
  for (const program of PROGRAMS) chmodSync(join(STAGE, `${program}.js`), 0o755)
  copySchemas()
  if (!programOnly) {
    await declareTypes()
    writeFileSync(join(STAGE, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(modules))
    rmSync(DIST, { recursive: true, force: true })
  }
  publish(stamp)
}

/** The command and the library, sharing chunks; what is imported lazily stays in chunks of its own. Gives the files that went in. */
async function bundle() {
  const bundler = await rolldown({
    cwd: ROOT,
    input: { ucr: 'src/cli/main.ts', 'claude-wrapper': 'src/cli/wrapper-main.ts', index: 'src/index.ts' },
    platform: 'node',
    // jsonc-parser's `main` is UMD, in which no bundler finds the imports.
    resolve: { mainFields: ['module', 'main'] },
    // As globals these are behind accessors, which Node calls at each use; what is imported is there.
    transform: { inject: { Buffer: ['node:buffer', 'Buffer'], performance: ['node:perf_hooks', 'performance'] } },
  })
  const { output } = await bundler.write({
    dir: STAGE,
    format: 'esm',
    sourcemap: true,
    // Node keeps each file's text in memory: a byte a character where all are ASCII, and two where one is not.
    charset: 'ascii',
    comments: { legal: true, annotation: false, jsdoc: false },
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    banner: (chunk) => (chunk.isEntry && PROGRAMS.includes(chunk.name) ? '#!/usr/bin/env node\n' : ''),
  })
  await bundler.close()
  return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
}

function copySchemas() {
  const source = join(ROOT, 'schema')
  if (!existsSync(source)) return
  mkdirSync(join(STAGE, 'schema'))
  for (const name of readdirSync(source)) {
    if (name.endsWith('.json')) copyFileSync(join(source, name), join(STAGE, 'schema', name))
  }
}

async function declareTypes() {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const emitted = join(ROOT, '.cache', 'types')
  rmSync(emitted, { recursive: true, force: true })
  const code = await runStep(process.execPath, [
    compiler,
    '-p',
    join(ROOT, 'scripts', 'tsconfig.types.json'),
    '--outDir',
    emitted,
  ])
  if (code !== 0) throw new SetupError('the type declarations could not be made (see above)')
  renameSync(join(emitted, 'src'), join(STAGE, 'types'))
  writeFileSync(join(STAGE, 'index.d.ts'), "export * from './types/index.d.ts'\n")
}

/**
 * Moves the new files into dist/, what is imported before what imports it. The files of the build before this one stay:
 * a gateway that runs from them may still load a chunk. Older ones go.
 *
 * @param {string} stamp
 */
function publish(stamp) {
  const files = listFiles(STAGE)
  const previous = previousFiles()
  for (const file of files.toSorted((a, b) => depth(b) - depth(a))) {
    mkdirSync(dirname(join(DIST, file)), { recursive: true })
    renameSync(join(STAGE, file), join(DIST, file))
  }
  for (const file of listFiles(DIST)) {
    if (!files.includes(file) && !previous.includes(file)) rmSync(join(DIST, file))
  }
  rmSync(STAGE, { recursive: true })
  writeFileSync(recordPath(ROOT), JSON.stringify({ stamp, files }))
}

/** @returns {string[]} */
function previousFiles() {
  try {
    return JSON.parse(readFileSync(recordPath(ROOT), 'utf8')).files
  } catch {
    return []
  }
}

/** Paths of all files in a folder, relative to it. @param {string} folder @returns {string[]} */
function listFiles(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

/** @param {string} file */
function depth(file) {
  return file.split(/[\\/]/).length
}
