// Writes docs/reference/providers.md from the table of vendors: `npm run docs`.
// With `--check` it writes nothing and fails when the file is not what it would write.
import { PROVIDERS } from '../src/providers/index.ts'
import { formatted, settle, table } from './generated-file.mjs'

/** @typedef {import('../src/providers/provider.ts').ProviderDefinition} ProviderDefinition */

const code = (/** @type {string} */ text) => `\`${text}\``

/**
 * How a client's wish to think reaches the vendor.
 *
 * @type {Record<import('../src/protocols/dialect.ts').ChatReasoningDialect['request'], (efforts: string) => string>}
 */
const SWITCHES = {
  effort: (efforts) => `\`reasoning_effort\`: ${efforts}`,
  thinking: (efforts) => `\`thinking\`: ${efforts}`,
  'enable-thinking': () => '`enable_thinking`, with a token budget',
  openrouter: (efforts) => `\`reasoning\`: ${efforts}`,
  template: () => '`chat_template_kwargs`, on or off',
  none: () => 'no switch',
}

/** @param {ProviderDefinition} definition */
function thinkingOf({ endpoints }) {
  const chat = endpoints.find((endpoint) => endpoint.protocol === 'openai-chat')
  if (chat === undefined) return 'all of the protocol'
  const { request, efforts, sendBack } = chat.dialect.reasoning
  const asked = SWITCHES[request](efforts.join(', '))
  return sendBack === 'none' ? asked : `${asked}; sent back as ${code(sendBack)}`
}

/** @param {ProviderDefinition} definition */
function rowOf(definition) {
  const { type, name, baseUrl, keyVariables, keyRequired, endpoints } = definition
  return [
    code(type),
    definition.keyPage === null ? name : `[${name}](${definition.keyPage})`,
    baseUrl === null ? 'yours' : code(baseUrl),
    keyVariables.length === 0 ? (keyRequired ? '' : 'none needed') : keyVariables.map(code).join(', '),
    endpoints.map(({ protocol }) => code(protocol)).join(', '),
    thinkingOf(definition),
  ]
}

/** @param {readonly ProviderDefinition[]} definitions */
function vendors(definitions) {
  return table(['`type`', 'Vendor', 'Base URL', 'Key variables', 'Protocols', 'Thinking'], definitions.map(rowOf))
}

const hosted = PROVIDERS.filter(({ local, baseUrl }) => local === null && baseUrl !== null)
const local = PROVIDERS.filter((definition) => definition.local !== null)
const own = PROVIDERS.filter(({ type, baseUrl, auth }) => baseUrl === null && auth !== 'none' && type !== 'claude-code')

const page = `# Providers

<!-- Written by scripts/providers-doc.mjs from src/providers. Do not edit. -->

A provider's \`type\` names the vendor and with it the dialect that its API speaks; its \`id\` is free, so two accounts of one
vendor are two providers. A \`baseUrl\` is right with and without its version path. The key goes to that scheme, host and
port, and nowhere else.

## Hosted

${vendors(hosted)}

Where a vendor's models differ among themselves, the column shows what most of them take; what a single model takes comes
from the built-in catalog. \`dialect\` and \`capabilities\` of a provider override both.

## On your machine

These are found at start by the port on which they usually listen.

${vendors(local)}

## Any other host

${vendors(own)}

DeepSeek, Moonshot, Z.ai and MiniMax also have an Anthropic endpoint. To use it, write a provider of type
\`anthropic-compatible\` with \`https://api.deepseek.com/anthropic\`, \`https://api.moonshot.ai/anthropic\`,
\`https://api.z.ai/api/anthropic\` or \`https://api.minimax.io/anthropic\`.

## Claude Code

Type \`claude-code\` is the program of that name with the login that it has, in place of a vendor:
[claude-code.md](claude-code.md).

## No vendor at all

Type \`simulator\` is the built-in far end: it speaks both protocols and needs neither key nor network. It answers for names
that start with its id, such as \`sim/echo\`, and for others only when the config says so.
`

settle('docs/reference/providers.md', formatted(page))
