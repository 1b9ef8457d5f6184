/** A text that the regular expression matches, or null when it is beyond this small reader (lookaheads, backreferences). */
export function samplePattern(pattern: string): string | null {
  try {
    const reader = new PatternReader(pattern)
    const sample = reader.alternatives()
    return reader.isAtEnd && new RegExp(pattern, 'u').test(sample) ? sample : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const CLASSES: Readonly<Record<string, string>> = { d: '1', D: 'a', w: 'a', W: '-', s: ' ', S: 'a', t: '\t', n: '\n' }

/** Reads a pattern from left to right and takes the first way through it, every repetition as short as it may be. */
class PatternReader {
  readonly #pattern: string
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length
  }

  alternatives(): string {
    const first = this.#sequence()
    while (this.#take('|')) this.#sequence()
    return first
  }

  #sequence(): string {
    let sample = ''
    while (!this.isAtEnd && !this.#is('|') && !this.#is(')')) {
      const atom = this.#atom()
      sample += atom.repeat(this.#repetitions())
    }
    return sample
  }

  #atom(): string {
    if (this.#take('^') || this.#take('$')) return ''
    if (this.#take('(')) return this.#group()
    if (this.#take('[')) return this.#set()
    if (this.#take('\\')) return this.#escape()
    const character = this.#next()
    return character === '.' ? 'a' : character
  }

  #group(): string {
    if (this.#take('?')) {
      if (this.#take('<')) while (!this.#take('>')) this.#next()
      else if (!this.#take(':')) throw new SyntaxError('lookaround')
    }
    const inner = this.alternatives()
    if (!this.#take(')')) throw new SyntaxError('open group')
    return inner
  }

  /** The first member of a set; of a negated one, the first character that is not in it. */
  #set(): string {
    const start = this.#at - 1
    const negated = this.#take('^')
    const first = this.#is('\\') ? this.#escapeAfterBackslash() : this.#next()
    while (!this.#take(']')) if (this.#next() === '\\') this.#next()
    if (!negated) return first
    const set = new RegExp(this.#pattern.slice(start, this.#at), 'u')
    return ['a', '1', 'A', '-', ' ', '_'].find((candidate) => set.test(candidate)) ?? ''
  }

  #escapeAfterBackslash(): string {
    this.#next()
    return this.#escape()
  }

  #escape(): string {
    const letter = this.#next()
    if (letter === 'b') return ''
    if (/[1-9kpPuxcB]/.test(letter)) throw new SyntaxError('escape')
    return CLASSES[letter] ?? letter
  }

  #repetitions(): number {
    let count = 1
    if (this.#take('*') || this.#take('?')) count = 0
    else if (this.#is('{')) {
      const [whole, least] = /^\{(\d+)(?:,\d*)?\}/.exec(this.#pattern.slice(this.#at)) ?? []
      if (whole === undefined) throw new SyntaxError('repetition')
      this.#at += whole.length
      count = Number(least)
    } else this.#take('+')
    this.#take('?')
    return count
  }

  #is(character: string): boolean {
    return this.#pattern[this.#at] === character
  }

  #take(character: string): boolean {
    if (!this.#is(character)) return false
    this.#at++
    return true
  }

  #next(): string {
    const character = this.#pattern[this.#at++]
    if (character === undefined) throw new SyntaxError('end of pattern')
    return character
  }
}
