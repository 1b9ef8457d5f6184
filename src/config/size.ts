const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1024],
  ['kb', 1024],
  ['kib', 1024],
  ['m', 1024 ** 2],
  ['mb', 1024 ** 2],
  ['mib', 1024 ** 2],
  ['g', 1024 ** 3],
  ['gb', 1024 ** 3],
  ['gib', 1024 ** 3],
])

/** Bytes of a size as people write it: `1048576`, `"32mb"`, `"1.5 GB"`; a kilobyte has 1024 bytes. Null for anything else. */
export function parseSize(value: number | string): number | null {
  const bytes = typeof value === 'number' ? value : parseWords(value)
  return bytes !== null && Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : null
}

function parseWords(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text)
  const unit = UNITS.get((match?.[2] ?? '').toLowerCase())
  return match === null || unit === undefined ? null : Math.round(Number(match[1]) * unit)
}
