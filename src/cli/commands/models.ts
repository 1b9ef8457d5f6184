import { defineCommand, defineGroup, flag, optional, required, type Surroundings } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { usageFailure } from '../failure.ts'
import { CONFIG, JSON_OUTPUT } from '../shared-options.ts'
import { printable, table } from '../terminal.ts'

const list = defineCommand({
  name: 'list',
  summary: 'List the models that clients can ask for',
  examples: [
    ['ucr models list', 'what the gateway offers'],
    ['ucr models list work --fetch', 'what the vendor itself says it has'],
  ],
  arguments: { provider: optional('provider', 'only those of this provider') },
  options: { fetch: flag('--fetch', 'ask the vendors'), config: CONFIG, json: JSON_OUTPUT },
  async run({ options, arguments: { provider }, ...surroundings }) {
    const { fetchModels, offeredModels } = await import('../list-models.ts')
    const { terminal } = surroundings
    const { models, problems } = options.fetch
      ? await fetchModels(provider, options.config, surroundings)
      : await offeredModels(provider, options.config, surroundings)
    if (options.json) terminal.json(models)
    else
      for (const line of table(models.map(({ id, note }) => [printable(id), printable(note)]))) terminal.out.line(line)
    for (const problem of problems) terminal.error.line(`${terminal.error.paint('yellow', 'warning:')} ${problem}`)
    return problems.length > 0 && models.length === 0 ? EXIT.failure : EXIT.ok
  },
})

const TARGET = required('provider/model', "the id of a provider, a slash, and the vendor's name of the model")

const set = defineCommand({
  name: 'set',
  summary: "Make a model its provider's default, in the config file",
  examples: [
    ['ucr models set router/meta/llama-4', 'everything behind the first slash is the name'],
    ['ucr models set work/claude-sonnet-5 --default', 'and use it for names that nothing else knows'],
  ],
  arguments: { target: TARGET },
  options: { default: flag('--default', 'also make it the default of the router'), config: CONFIG },
  async run({ options, arguments: { target }, ...surroundings }) {
    const { provider, model } = splitTarget(target)
    const { fileToChange, readToMend } = await import('../load.ts')
    const { editConfigFile, setDefaultModel, setRouterDefault } = await import('../../config/edit.ts')
    const file = fileToChange(await readToMend(surroundings, options.config))
    const edits = [setDefaultModel(provider, model), ...(options.default ? [setRouterDefault(target)] : [])]
    await editConfigFile(file, ...edits)
    surroundings.terminal.out.line(`${provider} uses ${model} by default now.`)
    return EXIT.ok
  },
})

const info = defineCommand({
  name: 'info',
  summary: 'Show what is known of a model',
  arguments: { target: TARGET },
  options: { config: CONFIG, json: JSON_OUTPUT },
  async run({ options, arguments: { target }, ...surroundings }) {
    return showInfo(target, options, surroundings)
  },
})

async function showInfo(
  target: string,
  options: { readonly config: string | null; readonly json: boolean },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { provider, model } = splitTarget(target)
  const { loadForCommand } = await import('../load.ts')
  const { settingsInUse, settingsOf } = await import('../provider-settings.ts')
  const { capabilitiesOf } = await import('../../models/capabilities.ts')
  const { catalogEntry } = await import('../../models/catalog.ts')
  const { terminal } = surroundings
  const all = await settingsInUse(await loadForCommand(surroundings, options.config), surroundings.environment)
  const settings = settingsOf(provider, all)
  const capabilities = capabilitiesOf(settings.type, model, settings.capabilities)
  const known = catalogEntry(settings.type, model) !== null
  if (options.json) {
    terminal.json({ provider, model, known, capabilities })
    return EXIT.ok
  }
  const rows = Object.entries(capabilities).map(([name, value]) => [name, described(value)])
  for (const line of table([['model', printable(target)], ...rows])) terminal.out.line(line)
  if (!known) terminal.error.line('The catalog does not know this model; it is taken to be able to do everything.')
  return EXIT.ok
}

/** At the first slash: vendors' names have slashes too. */
function splitTarget(target: string): { readonly provider: string; readonly model: string } {
  const slash = target.indexOf('/')
  if (slash > 0 && slash < target.length - 1)
    return { provider: target.slice(0, slash), model: target.slice(slash + 1) }
  throw usageFailure(`"${target}" is no provider and model.`, 'Write it as provider/model, like work/claude-sonnet-5')
}

function described(value: string | number | boolean | readonly string[] | null): string {
  if (value === null) return 'unknown'
  if (typeof value === 'object') return value.length === 0 ? 'none' : value.join(', ')
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}

export const command = defineGroup('models', 'List models, and choose which one a provider uses by default', [
  list,
  set,
  info,
])
