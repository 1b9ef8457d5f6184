import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './bootstrap.mjs'

/**
 * Writes a file that is made from the source. With `--check` on the command line it writes nothing, and lets the process
 * fail when the file is not what it would write.
 *
 * @param {string} path from the project's folder
 * @param {string} text
 */
export function settle(path, text) {
  const target = join(ROOT, path)
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  } else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
    console.error(`${path} is out of date: run npm run docs`)
    process.exitCode = 1
  }
}

/** As the formatter of the project leaves it. @param {string} markdown */
export function formatted(markdown) {
  const formatter = join(ROOT, 'node_modules', 'oxfmt', 'bin', 'oxfmt')
  return execFileSync(process.execPath, [formatter, '--stdin-filepath', 'page.md'], {
    input: markdown,
    encoding: 'utf8',
  })
}

/** A table in Markdown. @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/**
 * A page with another part between its two marks.
 *
 * @param {string} page @param {string} text @param {string} name @param {string} part
 */
export function replaced(page, text, name, part) {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from === -1 || to === -1) throw new Error(`${page} has no place for ${name}`)
  return `${text.slice(0, from + start.length)}\n\n${part}\n\n${text.slice(to)}`
}
