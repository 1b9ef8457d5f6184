import type { NewKey } from '../../config/edit.ts'
import type { JsonValue } from '../../lib/json.ts'
import { defineCommand, defineGroup, flag, optional, required, text, texts, type Surroundings } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { reasonOf, usageFailure } from '../failure.ts'
import { isNull, listOf, textOf } from '../json-answer.ts'
import { CONFIG, JSON_OUTPUT } from '../shared-options.ts'
import { printable, table } from '../terminal.ts'

/** As the config takes it. */
const NAME = /^[\w.@ -]{1,64}$/

type Fields = { [key: string]: JsonValue }

const create = defineCommand({
  name: 'create',
  summary: 'Make a key for clients; it is shown once, and only its hash is kept',
  examples: [
    ['ucr keys create laptop', 'a key that is good at once, also in a gateway that runs'],
    ['ucr keys create ci --model "claude-*" --rate-limit 60/1m --expires 2027-01-31', 'one that may not do everything'],
    ['ucr keys create laptop --save', 'one whose hash is written into the config file'],
    ['ucr keys create laptop --line', 'one that is kept nowhere: prints the line for a config file'],
  ],
  arguments: { name: optional('name', 'who or what will use it (default: me)') },
  options: {
    owner: text('--owner <text>', 'who answers for it'),
    model: texts('--model <pattern>', 'a model that it may ask for, or a pattern; may be given several times'),
    route: texts('--route <pattern>', 'a route that it may call, or a pattern; may be given several times'),
    rateLimit: text('--rate-limit <max/time>', 'how many requests it may make: 60/1m'),
    claudeTools: texts(
      '--claude-tools <pattern>',
      "a tool of Claude Code's own that it may use, where the config allows it; may be given several times",
    ),
    expires: text('--expires <date>', 'from when on it is refused: 2027-01-31'),
    save: flag('--save', 'keep it in the config file'),
    line: flag('--line', 'keep it nowhere, and print the line for a config file'),
    config: CONFIG,
    json: JSON_OUTPUT,
  },
  async run({ options, arguments: operands, ...surroundings }) {
    const name = operands.name ?? 'me'
    if (!NAME.test(name)) {
      throw usageFailure(`"${name}" cannot be the name of a key.`, 'Use up to 64 letters, digits, blanks and . @ _ -')
    }
    const { owner, model, route, rateLimit, claudeTools, expires, config, json } = options
    const rules: Fields = {
      ...(owner === null ? {} : { owner }),
      ...(model.length === 0 ? {} : { models: [...model] }),
      ...(route.length === 0 ? {} : { routes: [...route] }),
      ...(rateLimit === null ? {} : { rateLimit: rateLimitOf(rateLimit) }),
      ...(claudeTools.length === 0 ? {} : { claudeTools: [...claudeTools] }),
      ...(expires === null ? {} : { expires }),
    }
    if (options.save || options.line) return createForConfig(name, rules, options, surroundings)
    const { openKeyApi } = await import('../key-api.ts')
    const made = await (await openKeyApi(surroundings, config)).call('POST', '', { name, ...rules })
    return showSecret(made, json, surroundings)
  },
})

/** `60/1m`. */
function rateLimitOf(words: string): JsonValue {
  const match = /^(\d+)\/(.+)$/.exec(words)
  if (match === null) throw usageFailure(`--rate-limit ${words}: write it as 60/1m, requests and the time for them.`)
  return { max: Number(match[1]), timeWindow: match[2] ?? '' }
}

interface ConfigOptions {
  readonly save: boolean
  readonly config: string | null
  readonly json: boolean
}

async function createForConfig(
  name: string,
  rules: Fields,
  { save, config, json }: ConfigOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { terminal } = surroundings
  const { generateKey, hashKey } = await import('../../admission/keys.ts')
  await checkRules({ name, ...rules })
  const key = generateKey()
  const entry = { name, hash: hashKey(key), ...rules }
  const file = save ? await saveEntry(entry, config, surroundings) : null
  if (json) {
    terminal.json({ ...entry, key, savedTo: file })
    return EXIT.ok
  }
  terminal.error.line('The key, which is not shown again:')
  terminal.out.line(key)
  terminal.error.line(file === null ? `The line for "auth": { "keys": [ ... ] } in the config:` : `Saved to ${file}`)
  if (file === null) terminal.out.line(JSON.stringify(entry))
  return EXIT.ok
}

/** The same checks as for every other key, before anything is written. */
async function checkRules(rules: Fields): Promise<void> {
  const { rulesOf } = await import('../../admission/key-json.ts')
  try {
    rulesOf(rules)
  } catch (thrown) {
    throw usageFailure(reasonOf(thrown))
  }
}

async function saveEntry(entry: NewKey, config: string | null, surroundings: Surroundings): Promise<string> {
  const { fileToChange, readToMend } = await import('../load.ts')
  const { addKey, editConfigFile } = await import('../../config/edit.ts')
  const file = fileToChange(await readToMend(surroundings, config))
  await editConfigFile(file, addKey(entry))
  return file
}

function showSecret(made: JsonValue, json: boolean, { terminal }: Surroundings): ExitCode {
  if (json) {
    terminal.json(made)
    return EXIT.ok
  }
  terminal.error.line('The key, which is not shown again:')
  terminal.out.line(textOf(made, 'key'))
  return EXIT.ok
}

const list = defineCommand({
  name: 'list',
  summary: 'List the keys that clients may use',
  options: { config: CONFIG, json: JSON_OUTPUT },
  async run({ options, ...surroundings }) {
    const { openKeyApi } = await import('../key-api.ts')
    const { terminal } = surroundings
    const answer = await (await openKeyApi(surroundings, options.config)).call('GET', '')
    const keys = listOf(answer, 'keys')
    if (options.json) terminal.json(keys)
    else if (keys.length === 0) {
      terminal.error.line('There are no keys: on a loopback address the gateway is open to this machine.')
    } else for (const line of table([HEADINGS, ...keys.map(rowOf)])) terminal.out.line(line)
    return EXIT.ok
  },
})

const HEADINGS = ['NAME', 'STATUS', 'KEY', 'MODELS', 'OWNER', 'EXPIRES']

function rowOf(key: JsonValue): string[] {
  const models = listOf(key, 'models')
  const hint = textOf(listOf(key, 'secrets').at(-1) ?? null, 'hint')
  return [
    textOf(key, 'name'),
    `${textOf(key, 'status')}${textOf(key, 'source') === 'config' ? ' (config)' : ''}`,
    hint,
    isNull(key, 'models') ? 'all' : printable(models.filter((model) => typeof model === 'string').join(', ')),
    printable(textOf(key, 'owner')),
    textOf(key, 'expires'),
  ]
}

const NAMED = { name: required('name', 'its name, or its id') }

const rotate = defineCommand({
  name: 'rotate',
  summary: 'Give a key another secret; the old one goes on for a while',
  examples: [['ucr keys rotate laptop --overlap 1d', 'the old secret is good for another day']],
  arguments: NAMED,
  options: {
    overlap: text('--overlap <time>', 'how long the old secret goes on (default: 1h; 0: not at all)'),
    config: CONFIG,
    json: JSON_OUTPUT,
  },
  async run({ options, arguments: { name }, ...surroundings }) {
    const { openKeyApi } = await import('../key-api.ts')
    const body = options.overlap === null ? {} : { overlap: options.overlap }
    const api = await openKeyApi(surroundings, options.config)
    return showSecret(await api.call('POST', `/${encodeURIComponent(name)}/rotate`, body), options.json, surroundings)
  },
})

const revoke = defineCommand({
  name: 'revoke',
  summary: 'Refuse a key for good; one of the config is taken out of the file',
  arguments: NAMED,
  options: { forget: flag('--forget', 'take it out of the list as well'), config: CONFIG },
  async run({ options, arguments: { name }, ...surroundings }) {
    const { readToMend } = await import('../load.ts')
    const loaded = await readToMend(surroundings, options.config)
    const { out } = surroundings.terminal
    if (loaded.path !== null && loaded.config.keys.some((key) => key.name === name)) {
      const { editConfigFile, removeKey } = await import('../../config/edit.ts')
      await editConfigFile(loaded.path, removeKey(name))
      out.line(`Revoked ${name}. A running gateway refuses it from now on.`)
      return EXIT.ok
    }
    const { openKeyApi } = await import('../key-api.ts')
    const api = await openKeyApi(surroundings, options.config)
    const id = textOf(await api.call('DELETE', `/${encodeURIComponent(name)}`), 'id')
    if (options.forget) await api.call('DELETE', `/${encodeURIComponent(id)}?forget=true`)
    out.line(`Revoked ${name}${options.forget ? ' and forgot it' : ''}.`)
    return EXIT.ok
  },
})

const disable = switchCommand('disable', 'Refuse a key until it is enabled again', true)
const enable = switchCommand('enable', 'Take a key again that was disabled', false)

function switchCommand(word: string, summary: string, disabled: boolean) {
  return defineCommand({
    name: word,
    summary,
    arguments: NAMED,
    options: { config: CONFIG },
    async run({ options, arguments: { name }, ...surroundings }) {
      const { openKeyApi } = await import('../key-api.ts')
      const api = await openKeyApi(surroundings, options.config)
      await api.call('PATCH', `/${encodeURIComponent(name)}`, { disabled })
      surroundings.terminal.out.line(`${disabled ? 'Disabled' : 'Enabled'} ${name}.`)
      return EXIT.ok
    },
  })
}

export const command = defineGroup('keys', 'Make, list, change and revoke the keys that clients use', [
  create,
  list,
  rotate,
  disable,
  enable,
  revoke,
])
