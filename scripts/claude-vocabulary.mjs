// Writes src/models/data/claude-vocabulary.json: the pieces of text that are one token to Claude, as measured by the
// authors of the package named below. Needs Python's pip for the download: `node scripts/claude-vocabulary.mjs`.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = { package: 'ctok', version: '1.3.0', license: 'MIT' }
const TARGET = fileURLToPath(new URL('../src/models/data/claude-vocabulary.json', import.meta.url))

const OXFMT = fileURLToPath(new URL('../node_modules/oxfmt/bin/oxfmt', import.meta.url))

/** Our names of the two vocabularies: that of Claude 3 to 4.6, and that of 4.7 and later. */
const VOCABULARIES = { first: 'pieces_v3.json', second: 'pieces_v4_7.json' }

/** The markers before and behind a piece tell its shape: begins a word, ends one, with a capital, all in capitals. */
const SHAPES = {
  inner: ['', ''],
  end: ['', '⟨eow⟩'],
  begin: ['⟨bow⟩', ''],
  whole: ['⟨bow⟩', '⟨eow⟩'],
  title: ['⟨shift⟩⟨bow⟩', '⟨eow⟩'],
  capitals: ['⟨caps⟩⟨bow⟩', '⟨eow⟩'],
}

function download() {
  const folder = mkdtempSync(join(tmpdir(), 'vocabulary-'))
  try {
    const pinned = `${SOURCE.package}==${SOURCE.version}`
    execFileSync('python3', [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--ignore-requires-python',
      '--only-binary=:all:',
      '-d',
      folder,
      pinned,
    ])
    const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'))
    execFileSync('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder])
    const read = (file) => JSON.parse(readFileSync(join(folder, 'ctok/data', file), 'utf8'))
    return Object.fromEntries(Object.entries(VOCABULARIES).map(([name, file]) => [name, read(file)]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Literal brackets are written as bytes there, so that they are never taken for a marker. */
const unescaped = (piece) =>
  piece.replace(/(?:⟨0x[0-9A-F]{2}⟩)+/g, (bytes) => Buffer.from(bytes.replace(/⟨0x|⟩/g, ''), 'hex').toString())

function shapeOf(piece) {
  const before = /^(?:⟨(?:bow|shift|caps)⟩)*/.exec(piece)[0]
  const behind = /(?:⟨eow⟩)?$/.exec(piece)[0]
  const [shape] = Object.entries(SHAPES).find(([, [begin, end]]) => begin === before && end === behind)
  return [shape, unescaped(piece.slice(before.length, piece.length - behind.length))]
}

const byCode = (a, b) => (a < b ? -1 : 1)

function convert({ tokens }) {
  const { bytes_fallback: bytes, whitespace, markers: _, contractions, ascii_digits: digits, ...texts } = tokens
  const shapes = Object.fromEntries(Object.keys(SHAPES).map((shape) => [shape, []]))
  for (const piece of Object.values(texts).flatMap((group) => Object.keys(group))) {
    const [shape, text] = shapeOf(piece)
    shapes[shape].push(text)
  }
  // `'s` is measured as the end of a word.
  shapes.end.push(...Object.keys(contractions))
  const joined = Object.entries(shapes).map(([shape, list]) => [shape, list.toSorted(byCode).join(' ')])
  return {
    ...Object.fromEntries(joined),
    // Runs of one kind of white space, by their lengths.
    spaces: Object.fromEntries(
      Object.entries(Object.groupBy(Object.keys(whitespace), ([kind]) => kind)).map(([kind, runs]) => [
        kind,
        runs.map((run) => run.length).toSorted((a, b) => a - b),
      ]),
    ),
    bytes: Object.keys(bytes).toSorted(byCode).join(' '),
    // Any digits up to this many are one piece.
    digits: Math.max(...Object.keys(digits).map((run) => run.length)),
  }
}

const vocabularies = Object.fromEntries(Object.entries(download()).map(([name, data]) => [name, convert(data)]))
writeFileSync(TARGET, JSON.stringify({ source: SOURCE, ...vocabularies }))
execFileSync(process.execPath, [OXFMT, TARGET])
console.log(`${readFileSync(TARGET).length} bytes`)
