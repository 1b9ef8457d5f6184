import { ownCopy } from '../../lib/own-copy.ts'

/** A byte-pair vocabulary. */
export interface OpenAiVocabulary {
  /** Cuts text into the pieces that are encoded one by one. */
  readonly pattern: string
  /** In the order of their ranks, separated by DEL; empty where `bytes` has the token. */
  readonly tokens: string
  /** `rank:hex` of tokens that are not text, separated by blanks. */
  readonly bytes: string
}

const SEPARATOR = '\u007f'
/** The time for a piece grows with its square, so longer ones are cut. */
const LONGEST_PIECE = 100
/** Pieces whose count is remembered. */
const MOST_PIECES = 50_000

/** Counts tokens by byte-pair encoding, as tiktoken does. https://github.com/openai/tiktoken */
export class OpenAiEncoding {
  readonly #pattern: RegExp
  /** Ranks by the token's bytes, each as one character. */
  readonly #ranks: ReadonlyMap<string, number>
  #counts = new Map<string, number>()

  constructor({ pattern, tokens, bytes }: OpenAiVocabulary) {
    this.#pattern = new RegExp(pattern, 'gu')
    const ranks = new Map(tokens.split(SEPARATOR).map((token, rank) => [bytesOf(token), rank] as const))
    for (const entry of bytes.split(' ')) {
      const [rank, hex = ''] = entry.split(':')
      ranks.set(Buffer.from(hex, 'hex').toString('latin1'), Number(rank))
    }
    this.#ranks = ranks
  }

  count(text: string): number {
    let total = 0
    for (const [piece] of text.toWellFormed().matchAll(this.#pattern)) {
      for (let start = 0; start < piece.length; start += LONGEST_PIECE) {
        total += this.#countPiece(piece.slice(start, start + LONGEST_PIECE))
      }
    }
    return total
  }

  #countPiece(piece: string): number {
    const known = this.#counts.get(piece)
    if (known !== undefined) return known
    const bytes = bytesOf(piece)
    const count = this.#ranks.has(bytes) ? 1 : this.#merge(bytes)
    if (this.#counts.size >= MOST_PIECES) this.#counts = new Map()
    this.#counts.set(ownCopy(piece), count)
    return count
  }

  /** Joins the neighbours of lowest rank until no two can be joined, and gives how many parts are left. */
  #merge(bytes: string): number {
    const starts = Array.from({ length: bytes.length + 1 }, (_, index) => index)
    const rankAt = (index: number): number =>
      this.#ranks.get(bytes.slice(starts[index], starts[index + 2] ?? Infinity)) ?? Infinity
    const joinable = (index: number): number => (index + 2 < starts.length ? rankAt(index) : Infinity)
    const ranks = starts.map((_, index) => joinable(index))
    for (;;) {
      const lowest = indexOfLowest(ranks)
      if (lowest === -1) return starts.length - 1
      starts.splice(lowest + 1, 1)
      ranks.splice(lowest + 1, 1)
      ranks[lowest] = joinable(lowest)
      if (lowest > 0) ranks[lowest - 1] = joinable(lowest - 1)
    }
  }
}

function indexOfLowest(ranks: readonly number[]): number {
  let lowest = Infinity
  let at = -1
  for (const [index, rank] of ranks.entries()) {
    if (rank < lowest) {
      lowest = rank
      at = index
    }
  }
  return at
}

function bytesOf(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text).toString('latin1')
}
