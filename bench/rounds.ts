import type { Contestant } from './gateways/contestant.ts'
import type { Sample, Skipped } from './results.ts'
import type { Bench, Row } from './rows/row.ts'

interface Plan {
  readonly rows: readonly Row[]
  readonly contestants: readonly Contestant[]
  readonly count: number
  /** What was left out, and why, is added here. */
  readonly skipped: Skipped[]
}

/** Measures all rows: each with all gateways whose answer is right, round by round, in shuffled order. */
export async function rounds(bench: Bench, { rows, contestants, count, skipped }: Plan): Promise<Sample[]> {
  const samples: Sample[] = []
  for (const row of rows) {
    const able: Contestant[] = []
    for (const contestant of contestants.filter((candidate) => row.takes(candidate))) {
      const reason = await row.check(contestant, bench).catch(reasonOf)
      if (reason === null) able.push(contestant)
      else skip(skipped, contestant, row, reason)
    }
    for (let round = 1; round <= Math.min(count, row.rounds ?? count); round++) {
      for (const contestant of shuffled(able)) {
        try {
          const values = await row.measure(contestant, bench)
          samples.push({ row: row.id, gateway: contestant.name, round, values })
          process.stdout.write(`${row.id} ${round} ${contestant.name}: ${said(values)}\n`)
        } catch (error) {
          skip(skipped, contestant, row, reasonOf(error))
          able.splice(able.indexOf(contestant), 1)
        }
      }
    }
  }
  return samples
}

function skip(skipped: Skipped[], { name }: Contestant, { id }: Row, reason: string): void {
  skipped.push({ gateway: name, row: id, reason })
  process.stdout.write(`${id} ${name}: left out, ${reason}\n`)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function said(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name} ${value >= 100 ? value.toFixed(0) : value.toPrecision(3)}`)
    .join(', ')
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
