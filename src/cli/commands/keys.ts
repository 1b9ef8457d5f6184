import { defineCommand, defineGroup, flag, optional, required, type Surroundings } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { usageFailure } from '../failure.ts'
import { CONFIG, JSON_OUTPUT } from '../shared-options.ts'
import { table } from '../terminal.ts'

/** As the config takes it. */
const NAME = /^[\w.@ -]{1,64}$/

const create = defineCommand({
  name: 'create',
  summary: 'Make a key for clients; it is shown once, and the config keeps only its hash',
  examples: [
    ['ucr keys create laptop', 'print a key, and the line for the config'],
    ['ucr keys create laptop --save', 'and write the line into the config file'],
  ],
  arguments: { name: optional('name', 'who or what will use it (default: me)') },
  options: { save: flag('--save', 'add it to the config file'), config: CONFIG, json: JSON_OUTPUT },
  async run({ options, arguments: operands, ...surroundings }) {
    const name = operands.name ?? 'me'
    if (!NAME.test(name)) {
      throw usageFailure(`"${name}" cannot be the name of a key.`, 'Use up to 64 letters, digits, blanks and . @ _ -')
    }
    const { terminal } = surroundings
    const { generateKey, hashKey } = await import('../../admission/keys.ts')
    const key = generateKey()
    const hash = hashKey(key)
    const file = options.save ? await save(name, hash, options.config, surroundings) : null
    if (options.json) {
      terminal.json({ name, key, hash, savedTo: file })
      return EXIT.ok
    }
    terminal.error.line('The key, which is not shown again:')
    terminal.out.line(key)
    const line = JSON.stringify({ name, hash })
    terminal.error.line(file === null ? `The line for "auth": { "keys": [ ... ] } in the config:` : `Saved to ${file}`)
    if (file === null) terminal.out.line(line)
    return EXIT.ok
  },
})

async function save(name: string, hash: string, config: string | null, surroundings: Surroundings): Promise<string> {
  const { fileToChange, readToMend } = await import('../load.ts')
  const { addKey, editConfigFile } = await import('../../config/edit.ts')
  const file = fileToChange(await readToMend(surroundings, config))
  await editConfigFile(file, addKey(name, hash))
  return file
}

const list = defineCommand({
  name: 'list',
  summary: 'List the keys that clients may use',
  options: { config: CONFIG, json: JSON_OUTPUT },
  async run({ options, ...surroundings }) {
    const { loadForCommand } = await import('../load.ts')
    const { terminal } = surroundings
    const { config } = await loadForCommand(surroundings, options.config)
    if (options.json) {
      terminal.json(config.keys.map(({ name, models }) => ({ name, models })))
    } else if (config.keys.length === 0) {
      terminal.error.line('There are no keys: on a loopback address the gateway is open to this machine.')
    } else {
      const rows = config.keys.map(({ name, models }) => [name, models === null ? 'all models' : models.join(', ')])
      for (const line of table(rows)) terminal.out.line(line)
    }
    return EXIT.ok
  },
})

const revoke = defineCommand({
  name: 'revoke',
  summary: 'Take a key out of the config file',
  arguments: { name: required('name', 'its name') },
  options: { config: CONFIG },
  async run({ options, arguments: { name }, ...surroundings }) {
    const { fileToChange, readToMend } = await import('../load.ts')
    const { editConfigFile, removeKey } = await import('../../config/edit.ts')
    const file = fileToChange(await readToMend(surroundings, options.config))
    await editConfigFile(file, removeKey(name))
    surroundings.terminal.out.line(`Revoked ${name}. A running gateway refuses it from now on.`)
    return EXIT.ok
  },
})

export const command = defineGroup('keys', 'Make, list and revoke the keys that clients use', [create, list, revoke])
