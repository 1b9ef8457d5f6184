import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ucr } from './gateways/ucr.ts'
import { figure, markdown } from './markdown.ts'
import { median, paired, revisionOf, seriesOf } from './results.ts'
import type { Skipped } from './results.ts'
import { rounds } from './rounds.ts'
import { ROWS } from './rows/index.ts'
import { Bench } from './rows/row.ts'
import { prepareTools, startFarEnd, stayOnDriverCore } from './tools.ts'

/**
 * `npm run bench -- --compare A [B]`: two revisions or checkouts of this project, measured in turns; B is this checkout
 * unless given. Options: --only, --rounds, --duration, and --settings with JSON that is laid over B's config.
 */
const root = join(import.meta.dirname, '..')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: {
      type: 'string',
      multiple: true,
      default: ['same-small', 'same-large', 'same-burst', 'same-paced', 'cross-small', 'cross-burst'],
    },
    rounds: { type: 'string', default: '7' },
    duration: { type: 'string', default: '1500' },
    settings: { type: 'string', default: '{}' },
  },
})
const FAR_END_PORT = 19_200
const trees: string[] = []

await main()

async function main(): Promise<void> {
  const [a = 'HEAD', b = root] = positionals
  const settings = JSON.parse(values.settings) as Record<string, unknown>
  const [first, second] = [built(a), built(b)]
  const contestants = [ucr({ name: 'A', root: first }), ucr({ name: 'B', root: second, settings })]
  stayOnDriverCore()
  const tools = prepareTools()
  const farEnd = await startFarEnd(tools, FAR_END_PORT)
  const bench = new Bench(tools, { duration: Number(values.duration), minutes: 0 }, FAR_END_PORT)
  const skipped: Skipped[] = []
  try {
    const rows = ROWS.filter(({ id }) => values.only.includes(id))
    const samples = await rounds(bench, { rows, contestants, count: Number(values.rounds), skipped })
    const lines = rows.map(({ id }) => {
      const [before, after] = ['A', 'B'].map((name) => seriesOf(samples, id, name, 'cpu'))
      if (before === undefined || after === undefined) return [id]
      const ratios = paired(after, before, (value, other) => value / other)
      const range = ratios.length === 0 ? '-' : `${figure(Math.min(...ratios))} to ${figure(Math.max(...ratios))}`
      return [
        id,
        figure(median([...before.values()])),
        figure(median([...after.values()])),
        ratios.length === 0 ? '-' : median(ratios).toFixed(3),
        range,
      ]
    })
    process.stdout.write(`\nA: ${revisionOf(first)}, B: ${revisionOf(second)}\n`)
    process.stdout.write(`${markdown([['Row', 'A, us', 'B, us', 'B / A', 'range'], ...lines])}\n`)
    writeFileSync(
      join(import.meta.dirname, '.cache', 'compare.json'),
      `${JSON.stringify({ a, b, skipped, samples }, null, 1)}\n`,
    )
  } finally {
    await bench.stopShared()
    farEnd.kill()
    for (const tree of trees) execFileSync('git', ['worktree', 'remove', '--force', tree], { cwd: root })
  }
}

/** The folder of a built checkout: the one named, or a new worktree of the revision named. */
function built(name: string): string {
  const folder = existsSync(join(name, 'package.json')) ? resolve(name) : checkedOut(name)
  execFileSync(process.execPath, [join(folder, 'scripts', 'build.mjs')], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return folder
}

function checkedOut(revision: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ucr-compare-'))
  execFileSync('git', ['worktree', 'add', '--force', '--detach', folder, revision], { cwd: root, stdio: 'ignore' })
  trees.push(folder)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}
