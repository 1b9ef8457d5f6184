import { styleText } from 'node:util'
import type { Excerpt } from './excerpt.ts'

/** One thing that is wrong, or odd, about the config, and what to do about it. Never holds a secret. */
export interface ConfigProblem {
  /** An error keeps the config from being used. */
  readonly severity: 'error' | 'warning'
  /** Null: it came from a flag or a variable, or there is no file. */
  readonly file: string | null
  /** From 1. */
  readonly line: number | null
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number | null
  /** `providers[1].type`, `UCR_PORT`, `--port`. */
  readonly field: string | null
  /** A clause that follows the field, "must be a port from 0 to 65535, not 70000", or a sentence of its own. */
  readonly message: string
  /** What to change. */
  readonly fix: string | null
  readonly excerpt: Excerpt | null
}

/** A problem that no line of a file shows. */
export function problemWithoutPlace(
  parts: Pick<ConfigProblem, 'severity' | 'message'> & Partial<ConfigProblem>,
): ConfigProblem {
  return { file: null, line: null, column: null, field: null, fix: null, excerpt: null, ...parts }
}

/** The config cannot be used. `problems` has everything that is wrong at once, warnings too. */
export class ConfigError extends Error {
  readonly code = 'config_invalid'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(formatProblems(problems))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export function hasErrors(problems: readonly ConfigProblem[]): boolean {
  return problems.some((problem) => problem.severity === 'error')
}

/**
 * The problems as a compiler would print them:
 *
 *     error: server.port must be a port from 0 to 65535, or a list of them, not 70000
 *      --> /home/me/.config/ucr/ucr.config.json:3:13
 *       |
 *     3 |     "port": 70000
 *       |             ^^^^^
 *       = fix: for example "port": 3000
 */
export function formatProblems(problems: readonly ConfigProblem[], options: { colors?: boolean } = {}): string {
  const paint = options.colors === true ? painted : plain
  return problems.map((problem) => formatProblem(problem, paint)).join('\n\n')
}

type Format = Parameters<typeof styleText>[0]
type Paint = (format: Format, text: string) => string

const plain: Paint = (_, text) => text
const painted: Paint = (format, text) => styleText(format, text, { validateStream: false })

function formatProblem(problem: ConfigProblem, paint: Paint): string {
  const { severity, field, message, fix, excerpt, line } = problem
  const tint = severity === 'error' ? 'red' : 'yellow'
  const title = paint(['bold', tint], `${severity}:`)
  // Parts that are shared with the command line speak in sentences.
  const colon = /^[A-Z]/.test(message) ? ':' : ''
  const lines = [`${title} ${paint('bold', field === null ? message : `${field}${colon} ${message}`)}`]
  const gutter = ' '.repeat(String(line ?? ' ').length)
  const place = formatPlace(problem)
  if (place !== null) lines.push(`${gutter}${paint('dim', '-->')} ${place}`)
  if (excerpt !== null && line !== null) {
    const bar = paint('dim', '|')
    lines.push(`${gutter} ${bar}`)
    lines.push(`${line} ${bar} ${excerpt.text}`)
    lines.push(`${gutter} ${bar} ${paint(tint, underline(excerpt))}`)
  }
  if (fix !== null) lines.push(`${gutter} ${paint('dim', '=')} ${paint('green', 'fix:')} ${fix}`)
  return lines.join('\n')
}

function formatPlace({ file, line, column }: ConfigProblem): string | null {
  if (file === null) return null
  return line === null ? file : `${file}:${line}:${column ?? 1}`
}

/** Tabs of the line stay tabs, so that the carets stand below their text. */
function underline({ text, start, length }: Excerpt): string {
  return text.slice(0, start).replaceAll(/[^\t]/g, ' ') + '^'.repeat(Math.max(1, length))
}
