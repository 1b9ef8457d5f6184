/** A comment of a source text. */
export interface Comment {
  readonly text: string
  /** From 1. */
  readonly line: number
}

/** A source text taken apart, so that rules about code do not trip over words in strings and comments. */
export interface MaskedSource {
  /** As long as the text and with the same lines, but comments and the insides of strings are blank. Quotes stay. */
  readonly code: string
  readonly comments: readonly Comment[]
}

/** A slash after one of these begins a regular expression, and is a division after anything else. */
const BEFORE_EXPRESSION =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield))\s*$/

/** Separates code from strings, templates, regular expressions and comments in TypeScript or JavaScript. */
export function maskSource(text: string): MaskedSource {
  return new Masker(text).run()
}

class Masker {
  readonly #text: string
  #at = 0
  #code = ''
  /** Open braces of each template expression that we are in, innermost last. */
  readonly #templates: number[] = []
  readonly #comments: Comment[] = []

  constructor(text: string) {
    this.#text = text
  }

  run(): MaskedSource {
    while (this.#at < this.#text.length) this.#step()
    return { code: this.#code, comments: this.#comments }
  }

  #step(): void {
    const two = this.#text.slice(this.#at, this.#at + 2)
    const one = two.charAt(0)
    if (two === '//') this.#comment(this.#endOr(this.#text.indexOf('\n', this.#at)))
    else if (two === '/*') this.#comment(this.#endOr(this.#text.indexOf('*/', this.#at + 2) + 2, 1))
    else if (one === '"' || one === "'") this.#string(one)
    else if (one === '`') this.#template()
    else if (one === '/' && BEFORE_EXPRESSION.test(this.#code.slice(-40))) this.#regularExpression()
    else if (one === '}' && this.#templates.at(-1) === 0) this.#closeExpression()
    else this.#plain(one)
  }

  #plain(character: string): void {
    const depth = this.#templates.length - 1
    if (depth >= 0) {
      if (character === '{') this.#templates[depth] = (this.#templates[depth] ?? 0) + 1
      if (character === '}') this.#templates[depth] = (this.#templates[depth] ?? 0) - 1
    }
    this.#keep(1)
  }

  #comment(end: number): void {
    const line = this.#code.split('\n').length
    this.#comments.push({ text: this.#text.slice(this.#at, end), line })
    this.#blank(end - this.#at)
  }

  #string(quote: string): void {
    this.#keep(1)
    while (this.#at < this.#text.length && this.#peek() !== quote && this.#peek() !== '\n') this.#blankCharacter()
    this.#keep(1)
  }

  #template(): void {
    this.#keep(1)
    this.#templateText()
  }

  /** Up to the closing backtick or the next `${`, whose braces are counted from then on. */
  #templateText(): void {
    while (this.#at < this.#text.length) {
      if (this.#peek() === '`') return this.#keep(1)
      if (this.#text.startsWith('${', this.#at)) {
        this.#keep(2)
        this.#templates.push(0)
        return
      }
      this.#blankCharacter()
    }
  }

  #closeExpression(): void {
    this.#templates.pop()
    this.#keep(1)
    this.#templateText()
  }

  #regularExpression(): void {
    this.#keep(1)
    let inClass = false
    while (this.#at < this.#text.length && this.#peek() !== '\n') {
      if (this.#peek() === '[') inClass = true
      if (this.#peek() === ']') inClass = false
      if (this.#peek() === '/' && !inClass) break
      this.#blankCharacter()
    }
    this.#keep(1)
  }

  #peek(): string {
    return this.#text.charAt(this.#at)
  }

  /** A backslash takes the next character with it. */
  #blankCharacter(): void {
    this.#blank(this.#peek() === '\\' ? 2 : 1)
  }

  #keep(count: number): void {
    this.#code += this.#text.slice(this.#at, this.#at + count)
    this.#at += count
  }

  #blank(count: number): void {
    this.#code += this.#text.slice(this.#at, this.#at + count).replaceAll(/[^\n]/g, ' ')
    this.#at += count
  }

  /** An index as `indexOf` gave it, or the end of the text where it found nothing. */
  #endOr(index: number, lowest = -1): number {
    return index <= lowest ? this.#text.length : index
  }
}
