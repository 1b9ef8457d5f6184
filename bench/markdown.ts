import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export function markdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rest.map(line)].join('\n')
}

export function figure(value: number): string {
  if (Number.isNaN(value)) return '-'
  if (value === 0) return '0'
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) < 0.01 ? value.toFixed(3) : value.toPrecision(2)
}

/** Writes between the marks `name:start` and `name:end` of a page, where it has them. */
export function replaceBetween(file: string, name: string, text: string): void {
  if (!existsSync(file)) return
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const before = readFileSync(file, 'utf8')
  const [from, to] = [before.indexOf(start), before.indexOf(end)]
  if (from === -1 || to === -1) return
  writeFileSync(file, `${before.slice(0, from + start.length)}\n\n${text}\n\n${before.slice(to)}`)
}

/** As the formatter of the project leaves them. */
export function format(root: string, pages: readonly string[]): void {
  const formatter = join(root, 'node_modules', 'oxfmt', 'bin', 'oxfmt')
  execFileSync(process.execPath, [formatter, ...pages.filter((page) => existsSync(page))], { stdio: 'ignore' })
}
