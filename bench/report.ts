import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Results, Sample } from './end-to-end.ts'
import { scenarios } from './scenarios.ts'

/**
 * Writes the tables of the documents from the results of the last runs: every number there comes from here.
 * Ratios are medians over the rounds of one run, each round's figure divided by nginx's in the same round.
 */
const root = join(import.meta.dirname, '..')
const results = JSON.parse(readFileSync(join(root, 'bench', 'results', 'end-to-end.json'), 'utf8')) as Results

replaceBetween(join(root, 'docs', 'reference', 'performance.md'), 'end-to-end', table())
replaceBetween(join(root, 'docs', 'reference', 'performance.md'), 'codec', codecTable())
replaceBetween(join(root, 'README.md'), 'performance', table())

const pages = [join(root, 'docs', 'reference', 'performance.md'), join(root, 'README.md')]
execFileSync(process.execPath, [join(root, 'node_modules', 'oxfmt', 'bin', 'oxfmt'), ...pages], { stdio: 'ignore' })

interface CodecResults {
  readonly rows: readonly { readonly work: string; readonly microseconds: number; readonly ratio: number }[]
}

function codecTable(): string {
  const { rows } = JSON.parse(readFileSync(join(root, 'bench', 'results', 'codec.json'), 'utf8')) as CodecResults
  const cells = rows.map(({ work, microseconds, ratio: times }) => [work, microseconds.toFixed(1), figure(times)])
  return markdown([['Work', 'us', 'x JSON'], ...cells])
}

function table(): string {
  const names = results.gateways.map(({ name }) => name).filter((name) => name !== 'nginx')
  const head = ['Work', 'nginx, us', ...names.flatMap((name) => [`${name}, x nginx`, 'added p50, ms'])]
  const rows = scenarios
    .filter(({ id }) => results.samples.some(({ scenario }) => scenario === id))
    .map((scenario) => [
      `${scenario.kind === 'same' ? 'Anthropic to Anthropic' : 'Anthropic to OpenAI'}: ${scenario.title}`,
      figure(median(samplesOf(scenario.id, 'nginx').map(({ cpuMicroseconds }) => cpuMicroseconds))),
      ...names.flatMap((name) => [ratio(scenario.id, name), added(scenario.id, name)]),
    ])
  const memory = ['RSS idle / at the end, MB', memoryOf('nginx'), ...names.flatMap((name) => [memoryOf(name), ''])]
  const start = ['Start until it listens, ms', startOf('nginx'), ...names.flatMap((name) => [startOf(name), ''])]
  const versions = results.gateways.map(({ name, version }) => `${name} ${version}`).join(', ')
  const note = `CPU per request of the whole process tree, one core, ${results.cores} cores in all; ${versions}; Node ${results.node}; ${results.date.slice(0, 10)}. Printed by \`npm run bench\`. A dash: the gateway gives no right answer there.`
  return `${markdown([head, ...rows, memory, start])}\n\n${note}`
}

function samplesOf(scenario: string, gateway: string): readonly Sample[] {
  return results.samples.filter((sample) => sample.scenario === scenario && sample.gateway === gateway)
}

function perRound(scenario: string, gateway: string, of: (sample: Sample, reference: Sample) => number): number[] {
  const references = samplesOf(scenario, 'nginx')
  return samplesOf(scenario, gateway).flatMap((sample) => {
    const reference = references.find(({ round }) => round === sample.round)
    return reference === undefined ? [] : [of(sample, reference)]
  })
}

function ratio(scenario: string, gateway: string): string {
  const ratios = perRound(scenario, gateway, (sample, reference) => sample.cpuMicroseconds / reference.cpuMicroseconds)
  if (ratios.length === 0) return '-'
  return `${figure(median(ratios))} (${figure(Math.min(...ratios))} to ${figure(Math.max(...ratios))})`
}

function added(scenario: string, gateway: string): string {
  const times = perRound(scenario, gateway, (sample, reference) => sample.firstByteP50 - reference.firstByteP50)
  return times.length === 0 ? '-' : median(times).toFixed(2)
}

function memoryOf(gateway: string): string {
  const idle = results.gateways.find(({ name }) => name === gateway)?.idleRss ?? Number.NaN
  const last = Math.max(...results.samples.filter((sample) => sample.gateway === gateway).map(({ rss }) => rss))
  return `${idle.toFixed(0)} / ${last.toFixed(0)}`
}

function startOf(gateway: string): string {
  return (results.gateways.find(({ name }) => name === gateway)?.startMilliseconds ?? Number.NaN).toFixed(0)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2)
}

function markdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rest.map(line)].join('\n')
}

function replaceBetween(file: string, name: string, text: string): void {
  if (!existsSync(file)) return
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const before = readFileSync(file, 'utf8')
  const [from, to] = [before.indexOf(start), before.indexOf(end)]
  if (from === -1 || to === -1) return
  writeFileSync(file, `${before.slice(0, from + start.length)}\n${text}\n${before.slice(to)}`)
}
