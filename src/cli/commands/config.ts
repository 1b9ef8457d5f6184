import { defineCommand, defineGroup, flag, optional, text } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { CONFIG, JSON_OUTPUT } from '../shared-options.ts'

const FILE = optional('file', 'a config file; by default the one that the gateway would use', 'file')

const init = defineCommand({
  name: 'init',
  summary: 'Write a first config file, with the providers that are found',
  examples: [
    ['ucr config init', 'in your config folder'],
    ['ucr config init --output ./ucr.config.json', 'in this folder'],
  ],
  options: {
    output: text('-o, --output <file>', 'write this file', 'file'),
    force: flag('--force', 'replace a file that is there'),
  },
  async run({ options, terminal, ...place }) {
    const { writeFirstConfig } = await import('../first-config.ts')
    const { file, providers } = await writeFirstConfig(options.output, options.force, { terminal, ...place })
    terminal.out.line(`Wrote ${file}`)
    const found = providers.length === 0 ? 'no provider was found; add one there' : `providers: ${providers.join(', ')}`
    terminal.error.line(`  ${found}`)
    terminal.error.line('  check it with "ucr config validate", then "ucr start"')
    return EXIT.ok
  },
})

const validate = defineCommand({
  name: 'validate',
  summary: 'Check a config file, and say what is wrong and how to mend it',
  arguments: { file: FILE },
  options: { config: CONFIG, json: JSON_OUTPUT },
  async run({ options, arguments: { file }, ...surroundings }) {
    const { validateConfig } = await import('../validate-config.ts')
    return validateConfig(file ?? options.config, options.json, surroundings)
  },
})

const show = defineCommand({
  name: 'show',
  summary: 'Print the config in use as JSON: file, environment and defaults together, secrets left out',
  arguments: { file: FILE },
  options: { config: CONFIG },
  async run({ options, arguments: { file }, ...surroundings }) {
    const { loadForCommand } = await import('../load.ts')
    const { redactConfig } = await import('../../config/redact.ts')
    const { terminal } = surroundings
    const loaded = await loadForCommand(surroundings, file ?? options.config)
    terminal.error.line(terminal.error.paint('dim', `from ${loaded.path ?? 'no file: environment and defaults'}`))
    terminal.json(redactConfig(loaded.config))
    return EXIT.ok
  },
})

const edit = defineCommand({
  name: 'edit',
  summary: 'Open the config file in $VISUAL or $EDITOR, and check it afterwards',
  arguments: { file: FILE },
  options: { config: CONFIG },
  async run({ options, arguments: { file }, ...surroundings }) {
    const { editConfig } = await import('../edit-config.ts')
    return editConfig(file ?? options.config, surroundings)
  },
})

const path = defineCommand({
  name: 'path',
  summary: 'Print which config file is used',
  options: { config: CONFIG, json: JSON_OUTPUT },
  async run({ options, terminal, environment, home, directory }) {
    const { defaultConfigPath, findConfig } = await import('../../config/locate.ts')
    const { found } = await findConfig({ path: options.config, environment, cwd: directory, home })
    const wanted = defaultConfigPath(environment, home)
    if (options.json) terminal.json({ path: found?.path ?? null, place: found?.place ?? null, default: wanted })
    else if (found === null)
      terminal.error.line(`There is no config file, and none is needed. Its place would be ${wanted}`)
    else terminal.out.line(found.path)
    return EXIT.ok
  },
})

export const command = defineGroup('config', 'Write, check, show and edit the config file', [
  init,
  validate,
  show,
  edit,
  path,
])
