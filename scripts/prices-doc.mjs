// Writes where prices come from into docs/reference/admin.md.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import prices from '../src/models/data/prices.json' with { type: 'json' }
import { ROOT } from './bootstrap.mjs'
import { formatted, replaced, settle, table } from './generated-file.mjs'

const PAGE = 'docs/reference/admin.md'

const names = Object.values(prices.hosts).reduce(
  (sum, listed) => sum + Object.keys(listed).length,
  Object.keys(prices.models).length,
)
const rows = prices.sources.map(({ package: name, version, license }) => [`\`${name}\``, version, license])
const part = `${names} names of models have prices that hold on ${prices.day}, from the data of two npm packages:\n\n${table(['Package', 'Version', 'Licence'], rows)}`
settle(PAGE, formatted(replaced(PAGE, readFileSync(join(ROOT, PAGE), 'utf8'), 'prices', part)))
