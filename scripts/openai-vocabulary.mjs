// Writes src/models/data/openai-vocabulary.json: OpenAI's o200k_base, from the copy in the development dependency
// ai-tokenizer. Run it again only for another vocabulary: `node scripts/openai-vocabulary.mjs`.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { binaryEncoder, name, pat_str as pattern, stringEncoder } from 'ai-tokenizer/encoding/o200k_base'

const TARGET = fileURLToPath(new URL('../src/models/data/openai-vocabulary.json', import.meta.url))
const OXFMT = fileURLToPath(new URL('../node_modules/oxfmt/bin/oxfmt', import.meta.url))
const SOURCE = { package: 'ai-tokenizer', version: '1.0.6', license: 'MIT', encoding: name }
/** In no token but the one for the byte itself. */
const SEPARATOR = '\x7f'

// The order tells the ranks. What is not UTF-8 is written as bytes, each behind a mark.
const byRank = []
for (const [text, rank] of Object.entries(stringEncoder)) byRank[rank] = text
for (const [, rank] of binaryEncoder) byRank[rank] ??= ''
const broken = binaryEncoder
  .map(([bytes, rank]) => [rank, Buffer.from(bytes).toString('hex')])
  .filter(([rank]) => byRank[rank] === '')
const separators = byRank.flatMap((text, rank) =>
  text?.includes(SEPARATOR) ? [[rank, Buffer.from(text).toString('hex')]] : [],
)
const tokens = byRank.map((text) => (text.includes(SEPARATOR) ? '' : text)).join(SEPARATOR)
const bytes = [...broken, ...separators].toSorted(([a], [b]) => a - b)
writeFileSync(
  TARGET,
  `${JSON.stringify({ source: SOURCE, pattern, tokens, bytes: bytes.map(([rank, hex]) => `${rank}:${hex}`).join(' ') })}\n`,
)
execFileSync(process.execPath, [OXFMT, TARGET])
console.log(`${byRank.length} tokens, ${bytes.length} of them as bytes, ${readFileSync(TARGET).length} bytes`)
