import { clientLines, type ClientLineOptions } from './client-lines.ts'
import { printable, table, type Channel } from './terminal.ts'

export interface BannerProvider {
  readonly id: string
  /** For people: "Anthropic". */
  readonly name: string
  /** How it was found: "environment variable ANTHROPIC_API_KEY". */
  readonly source: string
  /** How many it is known to have. */
  readonly models: number
  readonly simulator: boolean
}

export interface BannerOptions extends Omit<ClientLineOptions, 'url' | 'onlySimulator'> {
  readonly version: string
  /** Best first. */
  readonly urls: readonly string[]
  /** The file, or null. */
  readonly config: string | null
  readonly providers: readonly BannerProvider[]
  /** Where the `claude` program is, or null. */
  readonly claude: string | null
}

/** What a person sees when the gateway is up: where it is, whom it asks, and what to type next. */
export function bannerText(options: BannerOptions, channel: Channel): string {
  const { version, urls, config, providers } = options
  const onlySimulator = providers.every((provider) => provider.simulator)
  const lines = clientLines({ ...options, url: urls[0] ?? '', onlySimulator })
  const heading = (text: string) => channel.paint('bold', text)
  const command = (text: string) => `  ${channel.paint('cyan', text)}`
  return [
    `${heading('Universal Claude Router')} ${version}`,
    ...urls.map((url) => `  listening on ${channel.paint('cyan', url)}`),
    ...(urls[0] === undefined ? [] : [`  dashboard ${channel.paint('cyan', `${urls[0]}/dashboard`)}`]),
    `  ${channel.paint('dim', config === null ? 'no config file; "ucr setup" makes one' : `config ${config}`)}`,
    '',
    heading('Providers'),
    ...table(providers.map((provider) => providerRow(provider, channel))),
    ...(onlySimulator ? ['', channel.paint('yellow', NO_VENDOR)] : []),
    '',
    heading('Claude Code'),
    command(lines.claudeCode),
    ...(options.claude === null
      ? []
      : [`  ${channel.paint('dim', `found at ${printable(options.claude)}; "ucr code" runs it through the gateway`)}`]),
    heading('OpenAI SDKs'),
    command(lines.openaiSdk),
    heading('First request'),
    command(lines.curl),
  ].join('\n')
}

const NO_VENDOR = `No vendor was found, so only the simulator answers, with made-up text. Give it a key and start again:
  ANTHROPIC_API_KEY=... or OPENAI_API_KEY=..., or start a local server such as Ollama, or run "ucr setup".`

function providerRow({ id, name, source, models, simulator }: BannerProvider, channel: Channel): string[] {
  const count = models === 0 ? '' : `${models} model${models === 1 ? '' : 's'}`
  const label = simulator ? channel.paint('yellow', name) : printable(name)
  return [`  ${channel.paint('bold', printable(id))}`, label, printable(source), count]
}
