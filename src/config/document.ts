import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { describeName, excerptAt } from './excerpt.ts'
import { ConfigError, type ConfigProblem, problemWithoutPlace } from './problem.ts'

export type Path = readonly (string | number)[]

const DEEPEST = 64

/** A config file as it was written: JSON with comments and trailing commas. */
export class ConfigDocument {
  readonly file: string
  readonly text: string
  readonly root: Node

  /** Throws ConfigError with every mistake of syntax, and for keys that are given twice. */
  constructor(file: string, text: string) {
    this.file = file
    this.text = text
    const errors: ParseError[] = []
    const root = parse(file, text, errors)
    const problems = errors.map((error) => this.#syntaxProblem(error))
    // What follows on the same line is mostly an echo of the first mistake.
    const first = problems.filter((problem, index) => problems[index - 1]?.line !== problem.line)
    if (first.length > 0) throw new ConfigError(first.slice(0, 5))
    if (root === undefined) throw new ConfigError([this.#emptyProblem()])
    this.root = root
    const repeated = this.#repeatedKeys(root)
    if (repeated.length > 0) throw new ConfigError(repeated)
  }

  /** A problem at `path`, or at the nearest thing around it that the file has. `reveal`: the value there is no secret. */
  problemAt(
    path: Path,
    parts: Pick<ConfigProblem, 'severity' | 'message' | 'fix'>,
    options: { readonly reveal?: boolean; readonly onName?: boolean } = {},
  ): ConfigProblem {
    let depth = path.length
    while (depth > 0 && findNodeAtLocation(this.root, path.slice(0, depth)) === undefined) depth--
    const node = findNodeAtLocation(this.root, path.slice(0, depth)) ?? this.root
    const name = options.onName === true ? node.parent?.children?.[0] : undefined
    const { offset, length } = name ?? node
    // A missing key is shown by the opening brace of the object that should have it.
    const span = depth < path.length || node.children !== undefined ? Math.min(1, length) : length
    return this.#problem(parts, formatPath(path), offset, name === undefined ? span : length, options.reveal ?? false)
  }

  #problem(
    parts: Pick<ConfigProblem, 'severity' | 'message' | 'fix'>,
    field: string | null,
    offset: number,
    length: number,
    reveal: boolean,
  ): ConfigProblem {
    const { line, column } = positionOf(this.text, offset)
    return { ...parts, file: this.file, line, column, field, excerpt: excerptAt(this.text, offset, length, reveal) }
  }

  #syntaxProblem(error: ParseError): ConfigProblem {
    const { message, fix } = SYNTAX[printParseErrorCode(error.error)] ?? { message: 'is not valid JSON', fix: null }
    const parts = { severity: 'error', message: `the file ${message}`, fix } as const
    return this.#problem(parts, null, error.offset, error.length, false)
  }

  #emptyProblem(): ConfigProblem {
    return this.#problem(
      { severity: 'error', message: 'the file is empty', fix: 'write at least {}' },
      null,
      0,
      0,
      false,
    )
  }

  #repeatedKeys(node: Node, path: Path = []): ConfigProblem[] {
    if (path.length > DEEPEST) throw tooDeep(this.file)
    const problems: ConfigProblem[] = []
    const seen = new Map<string, Node>()
    for (const [index, child] of (node.children ?? []).entries()) {
      const [name, value] = node.type === 'object' ? (child.children ?? []) : [undefined, child]
      const key: string | number = name === undefined ? index : String(name.value)
      if (name !== undefined) {
        const first = seen.get(String(key))
        if (first !== undefined) problems.push(this.#repeatedKey([...path, key], first, name))
        seen.set(String(key), name)
      }
      if (value !== undefined) problems.push(...this.#repeatedKeys(value, [...path, key]))
    }
    return problems
  }

  #repeatedKey(path: Path, first: Node, second: Node): ConfigProblem {
    const { line } = positionOf(this.text, first.offset)
    const parts = { message: `is given twice, first in line ${line}`, fix: 'keep one of the two' }
    return this.#problem({ severity: 'error', ...parts }, formatPath(path), second.offset, second.length, true)
  }
}

function parse(file: string, text: string, errors: ParseError[]): Node | undefined {
  try {
    return parseTree(text, errors, { allowTrailingComma: true, disallowComments: false, allowEmptyContent: true })
  } catch {
    // The parser recurses, and so runs out of stack before we could count.
    throw tooDeep(file)
  }
}

function tooDeep(file: string): ConfigError {
  const message = `the file is nested more than ${DEEPEST} levels deep`
  const fix = 'a config needs fewer than ten levels'
  return new ConfigError([problemWithoutPlace({ severity: 'error', file, message, fix })])
}

const SYNTAX: Readonly<Record<string, { readonly message: string; readonly fix: string | null }>> = {
  InvalidSymbol: { message: 'has a word here that is not JSON', fix: 'put texts in double quotes: "text"' },
  InvalidNumberFormat: { message: 'has a number here that is not JSON', fix: 'write it like 30 or 0.5, or in quotes' },
  PropertyNameExpected: { message: 'needs a key in double quotes here', fix: 'write it like "port": 3000' },
  ValueExpected: {
    message: 'needs a value here',
    fix: 'write a text in double quotes, a number, true, false, a list or an object',
  },
  ColonExpected: { message: 'needs a colon here', fix: 'write it like "port": 3000' },
  CommaExpected: { message: 'needs a comma before this', fix: 'put a comma behind the value before' },
  CloseBraceExpected: { message: 'ends inside an object', fix: 'add the missing }' },
  CloseBracketExpected: { message: 'ends inside a list', fix: 'add the missing ]' },
  EndOfFileExpected: { message: 'goes on behind its end', fix: 'remove what follows the last }' },
  InvalidCommentToken: { message: 'has a comment here that is not one', fix: 'comments start with // or /*' },
  UnexpectedEndOfComment: { message: 'ends inside a comment', fix: 'add the missing */' },
  UnexpectedEndOfString: { message: 'has a text here that does not end', fix: 'add the missing double quote' },
  UnexpectedEndOfNumber: { message: 'has a number here that is not complete', fix: null },
  InvalidUnicode: { message: 'has a broken \\u escape here', fix: 'write \\u and four hexadecimal digits' },
  InvalidEscapeCharacter: { message: 'has a broken escape here', fix: 'write a backslash as \\\\' },
  InvalidCharacter: { message: 'has a control character here', fix: 'remove it, or write it as an escape such as \\n' },
}

/** `providers[1].type`, `models["claude-*"]`. */
export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[\w$]{1,48}$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${describeName(step)}]`
  }
  return text === '' ? 'the config' : text
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - lineStart + 1 }
}
