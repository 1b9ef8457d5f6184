import { ownCopy } from '../../lib/own-copy.ts'
import { foldQuotes, normalizeText, textRuns } from './text-runs.ts'
import type { Run } from './text-runs.ts'

/** The pieces of one generation of Claude's tokenizer, by shape: what of a word they are. Lists are joined by blanks. */
export interface ClaudeVocabulary {
  readonly inner: string
  readonly end: string
  readonly begin: string
  readonly whole: string
  /** Whole words whose first letter was a capital. */
  readonly title: string
  /** Whole words that were all in capitals. */
  readonly capitals: string
  /** Lengths of runs of one kind of white space. */
  readonly spaces: Readonly<Record<string, readonly number[]>>
  /** Beginnings of UTF-8 sequences, in hexadecimal. */
  readonly bytes: string
  readonly digits: number
}

// Text holds no control characters any more when these are written into it.
const BEGIN = '\u0001'
const END = '\u0002'
const TITLE = '\u0003'
const CAPITALS = '\u0004'

/** Shorter words in capitals are spelled as they are. */
const LEAST_CAPITALS = 4
/** Suffixes that an apostrophe ties to the word before it. */
const CONTRACTIONS = new Set(['s', 't', 'd', 'm', 'll', 're', 've'])
/** Longer runs are cut, so that time stays in proportion to the text. */
const LONGEST_RUN = 256
/** Runs whose cost is remembered: the words of a language, and of a program. */
const MOST_RUNS = 50_000

/**
 * Counts tokens as Claude's tokenizer does. That tokenizer is not published. This follows what was measured of it: text
 * becomes words with borders (`hello, world` is begin-hello-end `,`-end begin-world-end, a single blank between two borders
 * being no token), and each is covered by as few pieces of the vocabulary as possible.
 * https://tokencontributions.substack.com/p/on-the-biology-of-claudes-tokenizer
 */
export class ClaudeEncoding {
  /** Every piece, as true, and every beginning of one, as false. */
  readonly #pieces: ReadonlyMap<string, boolean>
  readonly #bytes: ReadonlySet<string>
  readonly #digits: number
  readonly #foldsQuotes: boolean
  readonly #marksCapitals: boolean
  #costs = new Map<string, number>()

  constructor(vocabulary: ClaudeVocabulary) {
    this.#pieces = withBeginnings(allPieces(vocabulary))
    this.#bytes = new Set(vocabulary.bytes.split(' '))
    this.#digits = vocabulary.digits
    // Only the first generation had either.
    this.#marksCapitals = vocabulary.capitals !== ''
    this.#foldsQuotes = this.#marksCapitals
  }

  count(text: string): number {
    const normal = normalizeText(text)
    const runs = textRuns(withoutLastLines(this.#foldsQuotes ? foldQuotes(normal) : normal))
    return runs.reduce((total, _, index) => total + this.#costOfRun(runs, index), 0)
  }

  #costOfRun(runs: readonly Run[], index: number): number {
    const run = runs[index]
    if (run === undefined) return 0
    const before = runs[index - 1]
    const after = runs[index + 1]
    switch (run.kind) {
      case 'digits':
        return Math.ceil(run.text.length / this.#digits)
      case 'space':
        return run.text === ' ' && hasBorder(before) && hasBorder(after) && !opensWord(after, runs[index + 2])
          ? 0
          : this.#cost(run.text)
      case 'word':
        return isContraction(run, before) ? this.#cost(`'${run.text}${END}`) : this.#cost(this.#markedWord(run.text))
      case 'punctuation':
      case 'symbols':
        if (isContraction(after, run)) return 0
        return this.#cost(markedPunctuation(run, before, after))
      case 'other':
        return this.#cost(run.text)
      default:
        return run.kind satisfies never
    }
  }

  /** Capitals are told by a marker before the word in small letters, where that says all of them. */
  #markedWord(word: string): string {
    const lower = word.toLowerCase()
    if (lower === word) return `${BEGIN}${word}${END}`
    const allCapitals = word.toUpperCase() === word && word.length >= LEAST_CAPITALS
    if (allCapitals) return this.#marksCapitals ? `${CAPITALS}${BEGIN}${lower}${END}` : `${BEGIN}${word}${END}`
    const onlyFirst = word.slice(1) === lower.slice(1) && lower.length === word.length
    return onlyFirst ? `${TITLE}${BEGIN}${lower}${END}` : `${BEGIN}${word}${END}`
  }

  #cost(marked: string): number {
    let cost = 0
    for (let start = 0; start < marked.length; start += LONGEST_RUN) {
      cost += this.#costOfPart(marked.slice(start, start + LONGEST_RUN).toWellFormed())
    }
    return cost
  }

  #costOfPart(text: string): number {
    const known = this.#costs.get(text)
    if (known !== undefined) return known
    const cost = this.#fewestPieces(text)
    if (this.#costs.size >= MOST_RUNS) this.#costs = new Map()
    this.#costs.set(ownCopy(text), cost)
    return cost
  }

  /** The fewest pieces that cover the text; a character that no piece has is spelled in bytes. */
  #fewestPieces(text: string): number {
    const fewest: number[] = Array.from({ length: text.length + 1 }, () => Infinity)
    fewest[0] = 0
    for (let start = 0; start < text.length; start++) {
      const before = fewest[start] ?? Infinity
      // Inside a character of two units.
      if (before === Infinity) continue
      const whole = before + 1
      for (let end = start + 1; end <= text.length; end++) {
        const piece = this.#pieces.get(text.slice(start, end))
        if (piece === undefined) break
        if (piece && whole < (fewest[end] ?? Infinity)) fewest[end] = whole
      }
      const next = start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1)
      if (whole >= (fewest[next] ?? Infinity)) continue
      fewest[next] = Math.min(fewest[next] ?? Infinity, before + this.#spelled(text.slice(start, next)))
    }
    return fewest[text.length] ?? 0
  }

  /** Tokens for one character by its UTF-8 bytes, the longest known beginning first. */
  #spelled(character: string): number {
    if (character <= CAPITALS) return 1
    const bytes = Buffer.from(character).toString('hex')
    for (let length = bytes.length; length > 2; length -= 2) {
      if (this.#bytes.has(bytes.slice(0, length))) return 1 + (bytes.length - length) / 2
    }
    return bytes.length / 2
  }
}

/** Not by an expression: of newlines that stand elsewhere it would look at each again and again. */
function withoutLastLines(text: string): string {
  let end = text.length
  while (text.charCodeAt(end - 1) === 10) end--
  return text.slice(0, end)
}

function* allPieces(vocabulary: ClaudeVocabulary): Generator<string> {
  const shapes: readonly (readonly [string, string, string])[] = [
    ['', vocabulary.inner, ''],
    ['', vocabulary.end, END],
    [BEGIN, vocabulary.begin, ''],
    [BEGIN, vocabulary.whole, END],
    [TITLE + BEGIN, vocabulary.title, END],
    [CAPITALS + BEGIN, vocabulary.capitals, END],
  ]
  for (const [prefix, list, suffix] of shapes) {
    for (const text of list.split(' ')) if (text !== '') yield prefix + text + suffix
  }
  for (const [kind, lengths] of Object.entries(vocabulary.spaces)) {
    for (const length of lengths) yield kind.repeat(length)
  }
}

function withBeginnings(pieces: Iterable<string>): ReadonlyMap<string, boolean> {
  const known = new Map<string, boolean>()
  for (const piece of pieces) {
    for (let length = 1; length < piece.length; length++) {
      const beginning = piece.slice(0, length)
      if (!known.has(beginning)) known.set(beginning, false)
    }
    known.set(piece, true)
  }
  return known
}

/** A border stands for the blank beside it. */
function hasBorder(run: Run | undefined): boolean {
  return run !== undefined && (run.kind === 'word' || run.kind === 'punctuation' || run.kind === 'symbols')
}

/** A lone apostrophe before a word has no border on its left. */
function opensWord(run: Run | undefined, next: Run | undefined): boolean {
  return run?.text === "'" && next?.kind === 'word'
}

function isContraction(run: Run | undefined, before: Run | undefined): boolean {
  return run?.kind === 'word' && before?.text === "'" && CONTRACTIONS.has(run.text)
}

/** Punctuation has a border where it stands beside a blank, and none inside a line of code. */
function markedPunctuation(run: Run, before: Run | undefined, after: Run | undefined): string {
  const begins =
    (before === undefined || (before.kind === 'space' && before.text.endsWith(' '))) && !opensWord(run, after)
  const ends = after?.kind === 'space' && after.text.startsWith(' ') && !after.text.startsWith('  ')
  return `${begins ? BEGIN : ''}${run.text}${ends ? END : ''}`
}
