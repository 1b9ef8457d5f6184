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

// The order tells the ranks. What is not text, and the token with the separator, is written as bytes beside it.
/** @type {string[]} */
const byRank = []
/** @type {string[]} */
const bytes = []
for (const [text, rank] of Object.entries(stringEncoder)) {
  byRank[rank] = text.includes(SEPARATOR) ? '' : text
  if (text.includes(SEPARATOR)) bytes.push(`${rank}:${Buffer.from(text).toString('hex')}`)
}
for (const [sequence, rank] of binaryEncoder) {
  if (byRank[rank] !== undefined) continue
  byRank[rank] = ''
  bytes.push(`${rank}:${Buffer.from(sequence).toString('hex')}`)
}
writeFileSync(
  TARGET,
  JSON.stringify({ source: SOURCE, pattern, tokens: byRank.join(SEPARATOR), bytes: bytes.join(' ') }),
)
execFileSync(process.execPath, [OXFMT, TARGET])
console.log(`${byRank.length} tokens, ${bytes.length} of them as bytes, ${readFileSync(TARGET).length} bytes`)
