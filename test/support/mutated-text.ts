import * as fc from 'fast-check'

/** A message that something was done to, and the pieces in which it arrives. */
export interface Mutated {
  /** One character a byte. */
  readonly text: string
  /** Its bytes, never an empty piece. */
  readonly pieces: readonly Buffer[]
}

interface Mutation {
  /** From 0, the begin of the text, to 1. */
  readonly at: number
  readonly remove: number
  readonly insert: string
}

/** How many messages a property tries, and from which seed. */
export interface FuzzSize {
  readonly numRuns: number
  readonly seed: number
}

/** From 0 to below 1, each as likely as the other: of `fc.double` nearly all are next to 0. */
const place = fc.nat({ max: 2 ** 20 - 1 }).map((number) => number / 2 ** 20)

const MOST_MUTATIONS = 3
const MOST_CUTS = 5

/** What stands where readers of HTTP differ: the pieces that smuggled messages are made of. */
const SPLINTERS = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\r\n continued\r\n',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '0',
  'f',
  '-',
  '+',
  '"',
  '\0',
  '\x0b',
  '\x7f',
  '\x85',
  '\xa0',
  '\xff',
  'content-length: 2\r\n',
  'content-length: 4\r\n',
  'transfer-encoding: chunked\r\n',
  'transfer-encoding: gzip, chunked\r\n',
  '0\r\n\r\n',
]

/** A slice for every run; `UCR_FUZZ_RUNS=1000000` for a long one, `UCR_FUZZ_SEED` for another. */
export function fuzzSize(slice: number): FuzzSize {
  const { UCR_FUZZ_RUNS: runs = slice, UCR_FUZZ_SEED: seed = 20_261_129 } = process.env
  return { numRuns: Number(runs), seed: Number(seed) }
}

/** Messages of HTTP with some bytes lost and others put in, cut anywhere. */
export function mutated(whole: fc.Arbitrary<string>, splinters: readonly string[]): fc.Arbitrary<Mutated> {
  const mutation = fc.record({
    at: place,
    remove: fc.integer({ min: 0, max: 3 }),
    insert: fc.oneof(
      fc.constantFrom('', ...SPLINTERS, ...splinters),
      fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    ),
  })
  const mutations = fc.array(mutation, { maxLength: MOST_MUTATIONS })
  return fc.tuple(whole, mutations, fc.array(place, { maxLength: MOST_CUTS })).map(([before, changes, places]) => {
    const text = changes.reduce(apply, before)
    return { text, pieces: cut(text, places) }
  })
}

function apply(text: string, { at, remove, insert }: Mutation): string {
  const from = Math.floor(at * (text.length + 1))
  return text.slice(0, from) + insert + text.slice(from + remove)
}

/** The text's bytes, cut at these places, each from 0 to 1. */
export function cut(text: string, places: readonly number[] = []): readonly Buffer[] {
  const bytes = Buffer.from(text, 'latin1')
  const ends = [...places.map((at) => Math.floor(at * bytes.length)), bytes.length].toSorted((a, b) => a - b)
  return ends
    .map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end))
    .filter(({ length }) => length > 0)
}
