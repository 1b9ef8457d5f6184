import type { ProviderSettings } from '../../providers/settings.ts'
import type { VendorAnswer } from '../ask-vendor.ts'
import { defineCommand, defineGroup, flag, optional, required, type Surroundings } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { usageFailure } from '../failure.ts'
import { CONFIG, JSON_OUTPUT } from '../shared-options.ts'
import { printable, table, type Channel } from '../terminal.ts'

const ID = required('id', 'the provider, by the id that it has in the config')

const list = defineCommand({
  name: 'list',
  summary: 'List the providers, and how each was found',
  options: { config: CONFIG, json: JSON_OUTPUT },
  async run({ options, ...surroundings }) {
    const { loadForCommand } = await import('../load.ts')
    const { settingsInUse } = await import('../provider-settings.ts')
    const { findProvider } = await import('../../providers/index.ts')
    const { redactConfig } = await import('../../config/redact.ts')
    const { terminal, environment } = surroundings
    const loaded = await loadForCommand(surroundings, options.config)
    const { providers } = redactConfig({ ...loaded.config, providers: await settingsInUse(loaded, environment) })
    const described = providers.map(({ id, type, enabled, baseUrl, priority, defaultModel, apiKey, source }) => {
      // A provider that is switched off may have a type that there is not.
      const address = baseUrl ?? (enabled ? findProvider(type).baseUrl : null)
      return { id, type, enabled, baseUrl: address, priority, defaultModel, key: apiKey, source }
    })
    if (options.json) terminal.json(described)
    else if (described.length === 0) terminal.error.line(NO_PROVIDERS)
    else for (const line of table(described.map((provider) => row(provider, terminal.out)))) terminal.out.line(line)
    return EXIT.ok
  },
})

const NO_PROVIDERS = `No provider is configured or found; the gateway would answer by its simulator.
  Set ANTHROPIC_API_KEY or OPENAI_API_KEY, start a local server, or run "ucr setup".`

interface DescribedProvider {
  readonly id: string
  readonly type: string
  readonly enabled: boolean
  readonly baseUrl: string | null
  readonly priority: number
  readonly defaultModel: string | null
  readonly key: string | null
  readonly source: string
}

function row(provider: DescribedProvider, channel: Channel): string[] {
  const { id, type, enabled, baseUrl, priority, defaultModel, key, source } = provider
  return [
    enabled ? channel.paint('green', '✓') : channel.paint('red', '✗'),
    channel.paint('bold', printable(id)),
    printable(type),
    printable(baseUrl ?? ''),
    `priority ${priority}`,
    printable(defaultModel ?? ''),
    key === null ? 'no key' : `key ${key}`,
    channel.paint('dim', printable(source)),
  ]
}

const discover = defineCommand({
  name: 'discover',
  summary: 'Look for keys in the environment and for servers on this machine',
  options: { save: flag('--save', 'add what is new to the config file'), config: CONFIG, json: JSON_OUTPUT },
  async run({ options, ...surroundings }) {
    const { foundProviders } = await import('../first-config.ts')
    const { loadForCommand } = await import('../load.ts')
    const { terminal, environment } = surroundings
    const found = await foundProviders(environment)
    const loaded = await loadForCommand(surroundings, options.config)
    const known = new Set(loaded.config.providers.map(({ id }) => id))
    const added = found.filter(({ id }) => !known.has(id))
    if (options.save && added.length > 0) {
      const { fileToChange } = await import('../load.ts')
      const { addProvider, editConfigFile } = await import('../../config/edit.ts')
      await editConfigFile(fileToChange(loaded), ...added.map((provider) => addProvider(newProvider(provider))))
    }
    if (options.json) {
      terminal.json(found.map((provider) => ({ ...provider, configured: known.has(provider.id) })))
      return EXIT.ok
    }
    if (found.length === 0) terminal.error.line('Nothing was found: no key in the environment, no server that answers.')
    const rows = found.map(({ id, baseUrl, keyVariable }) => [
      terminal.out.paint('bold', id),
      keyVariable ?? baseUrl ?? '',
      known.has(id) ? 'in the config' : options.save ? 'added to the config' : 'new',
    ])
    for (const line of table(rows)) terminal.out.line(line)
    if (!options.save && added.length > 0 && loaded.path !== null) {
      terminal.error.line('Add what is new to the config with --save.')
    }
    return EXIT.ok
  },
})

function newProvider(found: { id: string; type: string; baseUrl: string | null; keyVariable: string | null }) {
  return {
    id: found.id,
    type: found.type,
    ...(found.baseUrl === null ? {} : { baseUrl: found.baseUrl }),
    ...(found.keyVariable === null ? {} : { keyVariable: found.keyVariable }),
  }
}

function switching(name: 'enable' | 'disable', summary: string) {
  return defineCommand({
    name,
    summary,
    arguments: { id: ID },
    options: { config: CONFIG },
    async run({ options, arguments: { id }, ...surroundings }) {
      const { fileToChange, readToMend } = await import('../load.ts')
      const { editConfigFile, setProviderEnabled } = await import('../../config/edit.ts')
      // Switching a provider off may be what mends a config.
      const file = fileToChange(await readToMend(surroundings, options.config))
      await editConfigFile(file, setProviderEnabled(id, name === 'enable'))
      surroundings.terminal.out.line(`${id} is ${name}d in ${file}`)
      return EXIT.ok
    },
  })
}

const test = defineCommand({
  name: 'test',
  summary: 'Ask a provider for its models, with its key, to see whether it works',
  examples: [
    ['ucr providers test work', 'one provider'],
    ['ucr providers test --all', 'every provider that is enabled'],
  ],
  arguments: { id: optional('id', 'the provider, by the id that it has in the config') },
  options: { all: flag('--all', 'test every provider that is enabled'), config: CONFIG, json: JSON_OUTPUT },
  async run({ options, arguments: { id }, ...surroundings }) {
    if ((id === null) !== options.all) throw usageFailure('Name one provider, or give --all.')
    const { loadForCommand } = await import('../load.ts')
    const { settingsInUse, settingsOf } = await import('../provider-settings.ts')
    const all = await settingsInUse(await loadForCommand(surroundings, options.config), surroundings.environment)
    const chosen = id === null ? all.filter(({ enabled }) => enabled) : [settingsOf(id, all)]
    return testAll(chosen, options.json, surroundings)
  },
})

async function testAll(
  chosen: readonly ProviderSettings[],
  json: boolean,
  { terminal }: Surroundings,
): Promise<ExitCode> {
  const { askVendor } = await import('../ask-vendor.ts')
  const results = await Promise.all(
    chosen.map(async (settings) => ({ id: settings.id, ...(await askVendor(settings)) })),
  )
  if (json) terminal.json(results.map(testJson))
  else for (const line of table(results.map((result) => testRow(result, terminal.out)))) terminal.out.line(line)
  return results.some(({ list: { status } }) => status === 'failed') ? EXIT.failure : EXIT.ok
}

type TestResult = VendorAnswer & { readonly id: string }

function testJson({ id, list: answer, milliseconds }: TestResult) {
  return {
    id,
    works: answer.status !== 'failed',
    models: answer.status === 'listed' ? answer.models.length : null,
    problem: answer.status === 'failed' ? answer.why : null,
    milliseconds: Math.round(milliseconds),
  }
}

function testRow({ id, list: answer, milliseconds }: TestResult, channel: Channel): string[] {
  const time = `${Math.round(milliseconds)} ms`
  const name = channel.paint('bold', printable(id))
  switch (answer.status) {
    case 'listed':
      return [channel.paint('green', '✓'), name, `${answer.models.length} models`, time]
    case 'failed':
      return [channel.paint('red', '✗'), name, printable(answer.why), time]
    case 'unavailable':
      return [channel.paint('yellow', '?'), name, 'lists no models, so only a request can tell', '']
    default:
      return answer satisfies never
  }
}

export const command = defineGroup('providers', 'List, find, switch and test providers', [
  list,
  discover,
  switching('enable', 'Let requests go to a provider again'),
  switching('disable', 'Send no requests to a provider'),
  test,
])
