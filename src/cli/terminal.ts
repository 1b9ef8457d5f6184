import { stripVTControlCharacters, styleText } from 'node:util'
import type { WriteStream } from 'node:tty'

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan'

/** Standard output or standard error. Colours only where it is a terminal, and `NO_COLOR` and `FORCE_COLOR` are honoured. */
export interface Channel {
  line(text?: string): void
  write(text: string): void
  paint(style: Style, text: string): string
  readonly columns: number
  readonly colours: boolean
}

export interface Terminal {
  /** Results: what a script reads. */
  readonly out: Channel
  /** Progress, warnings and errors. */
  readonly error: Channel
  /** A person can be asked: input and output are both a terminal. */
  readonly interactive: boolean
  /** A result for scripts, as indented JSON. */
  json(value: unknown): void
}

export function createTerminal(streams: {
  readonly stdin: { readonly isTTY?: boolean }
  readonly stdout: WriteStream | NodeJS.WriteStream
  readonly stderr: WriteStream | NodeJS.WriteStream
}): Terminal {
  const out = createChannel(streams.stdout)
  return {
    out,
    error: createChannel(streams.stderr),
    interactive: streams.stdin.isTTY === true && streams.stdout.isTTY,
    json: (value) => out.line(JSON.stringify(value, null, 2)),
  }
}

function createChannel(stream: WriteStream | NodeJS.WriteStream): Channel {
  // `ucr models list | head -1`: whoever read has had enough, which is no failure.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  const paint = (style: Style, text: string) => styleText(style, text, { stream })
  return {
    line: (text = '') => void stream.write(`${text}\n`),
    write: (text) => void stream.write(text),
    paint,
    columns: stream.isTTY ? stream.columns : 100,
    colours: paint('bold', 'x') !== 'x',
  }
}

/** Escapes and line breaks, and marks that turn text around. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/**
 * Text of a vendor or a file as it may be shown: a model's name with an escape sequence in it must not move the cursor or
 * set the clipboard of whoever lists it.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(UNPRINTABLE, ' ')
}

/** Columns aligned, two spaces apart; cells may be painted. Trailing spaces are left out. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, visibleWidth(cell))
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - visibleWidth(cell)))
      .join('  ')
      .trimEnd(),
  )
}

function visibleWidth(text: string): number {
  return stripVTControlCharacters(text).length
}
