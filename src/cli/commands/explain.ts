import { defineCommand, required, text, texts } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { usageFailure } from '../failure.ts'
import { CONFIG, JSON_OUTPUT } from '../shared-options.ts'

export const command = defineCommand({
  name: 'explain',
  summary: 'Say where a request would go and why, without sending it anywhere',
  examples: [
    ['ucr explain request.json', 'the body of a request, from a file'],
    ['ucr explain - --path /v1/messages < request.json', 'from standard input, for this path'],
  ],
  arguments: { file: required('file', 'a request body as JSON; - for standard input', 'file') },
  options: {
    path: text('--path <path>', 'where the client sends it (default: by what is in it)'),
    headers: texts('--header <line>', 'a header field of the request, like "x-team: blue"; may be repeated'),
    config: CONFIG,
    json: JSON_OUTPUT,
  },
  async run({ options, arguments: { file }, ...surroundings }) {
    const { explainRequest } = await import('../explain-request.ts')
    const { explanationText } = await import('../explanation-text.ts')
    const { terminal } = surroundings
    const headers = Object.fromEntries(options.headers.map(headerOf))
    const explanation = await explainRequest(
      { file, path: options.path, headers, config: options.config },
      surroundings,
    )
    if (options.json) terminal.json(explanation)
    else terminal.out.line(explanationText(explanation, terminal.out))
    return explanation.chosen === null ? EXIT.failure : EXIT.ok
  },
})

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':')
  if (colon < 1) throw usageFailure(`--header "${line}": it is a name, a colon and a value.`)
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
}
