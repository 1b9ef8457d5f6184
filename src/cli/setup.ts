import { resolve } from 'node:path'
import { confirm, intro, log, multiselect, note, outro, password, select, spinner, text } from '@clack/prompts'
import { generateKey, hashKey } from '../admission/keys.ts'
import { CredentialStore, storeLocation } from '../config/credentials.ts'
import { defaultConfigPath } from '../config/locate.ts'
import { keyCredential } from '../providers/credential.ts'
import { findProvider, PROVIDERS } from '../providers/index.ts'
import type { ProviderDefinition } from '../providers/provider.ts'
import type { Surroundings } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { reasonOf } from './failure.ts'
import {
  exists,
  firstConfigText,
  foundProviders,
  writeConfigFile,
  type FirstConfig,
  type FirstProvider,
} from './first-config.ts'
import { answered } from './prompts.ts'

const EVERY_ADDRESS = '0.0.0.0'
const LOOPBACK = '127.0.0.1'

/** Tasks that people send elsewhere, with what to call them. */
const TASKS = [
  ['think', 'Requests that think hard'],
  ['background', 'Small requests beside the conversation'],
  ['longContext', 'Very long requests'],
] as const

/** Asks, and writes the file last: whoever cancels has changed nothing in it. */
export async function runSetup(output: string | null, surroundings: Surroundings): Promise<ExitCode> {
  const { environment, home, directory } = surroundings
  const file = output === null ? defaultConfigPath(environment, home) : resolve(directory, output)
  intro('Universal Claude Router')
  if ((await exists(file)) && !(await mayReplace(file))) {
    outro(`${file} was left as it was. Change it with "ucr config edit".`)
    return EXIT.ok
  }
  const host = await askHost()
  const port = await askPort()
  const providers = await askProviders(environment)
  await storeKeys(providers, surroundings)
  const router = await askRouter(providers)
  const key = host === LOOPBACK ? null : generateKey()
  const keys: FirstConfig['keys'] = key === null ? [] : [{ name: 'me', hash: hashKey(key) }]
  await writeConfigFile(file, firstConfigText({ host, port, providers, keys, router }))
  log.success(`Wrote ${file}`)
  if (key !== null) note(key, 'The key for clients, which is not shown again')
  outro('Next: "ucr start", or "ucr code" for Claude Code. "ucr doctor" looks for problems.')
  return EXIT.ok
}

async function mayReplace(file: string): Promise<boolean> {
  return answered(await confirm({ message: `${file} is there already. Replace it?`, initialValue: false }))
}

async function askHost(): Promise<string> {
  return answered(
    await select({
      message: 'Who may reach the gateway?',
      options: [
        { value: LOOPBACK, label: 'Programs on this machine' },
        { value: EVERY_ADDRESS, label: 'Other machines too', hint: 'with a key, which is made now' },
      ],
    }),
  )
}

async function askPort(): Promise<number> {
  const isPort = (value: string) => /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535
  const answer = answered(
    await text({
      message: 'On which port?',
      initialValue: '3000',
      validate: (value) => (isPort(value ?? '') ? undefined : 'A port is a number from 1 to 65535.'),
    }),
  )
  return Number(answer)
}

/** Those that are found are chosen already. */
async function askProviders(environment: NodeJS.ProcessEnv): Promise<readonly FirstProvider[]> {
  const looking = spinner()
  looking.start('Looking for keys in the environment and for servers on this machine')
  const found = await foundProviders(environment)
  looking.stop(found.length === 0 ? 'Nothing was found' : `Found ${found.map(({ id }) => id).join(', ')}`)
  const options = PROVIDERS.filter(({ type, baseUrl }) => type === 'simulator' || baseUrl !== null)
  const chosen = answered(
    await multiselect({
      message: 'Which vendors will you use?',
      options: options.map(({ type, name }) => ({ value: type, label: name, hint: hintFor(type, found) })),
      initialValues: found.map(({ id }) => id),
      required: false,
      maxItems: 12,
    }),
  )
  return chosen.map(
    (type) => found.find(({ id }) => id === type) ?? { id: type, type, baseUrl: null, keyVariable: null },
  )
}

function hintFor(type: string, found: readonly FirstProvider[]): string {
  const provider = found.find(({ id }) => id === type)
  return provider === undefined ? '' : (provider.keyVariable ?? provider.baseUrl ?? '')
}

/** Keys that no variable holds go into the encrypted store, not into the file. */
async function storeKeys(providers: readonly FirstProvider[], { environment, home }: Surroundings): Promise<void> {
  const store = new CredentialStore(storeLocation(environment, home))
  const stored = new Set((await store.list()).map(({ provider }) => provider))
  for (const { id, type, keyVariable } of providers) {
    const definition = findProvider(type)
    if (keyVariable !== null || !definition.keyRequired || stored.has(id)) continue
    if (type === 'github-copilot') {
      log.info('GitHub Copilot: run "ucr auth login github-copilot" afterwards.')
      continue
    }
    const secret = await askForKey(definition)
    if (secret === '') log.info(`${definition.name}: run "ucr auth login ${id}" when you have a key.`)
    else await store.set({ provider: id, type: 'api-key', secret, origin: null })
  }
}

async function askForKey({ name, keyPage, auth }: ProviderDefinition): Promise<string> {
  const page = keyPage === null ? '' : `, made at ${keyPage}`
  const answer = await password({
    message: `Key for ${name}${page} (empty: later)`,
    mask: '•',
    validate: (value) => {
      try {
        if (value) keyCredential(auth, value)
        return undefined
      } catch (error) {
        return reasonOf(error)
      }
    },
  })
  // An empty answer is no text at all for this prompt.
  return (answered(answer) ?? '').trim()
}

async function askRouter(providers: readonly FirstProvider[]): Promise<Readonly<Record<string, string>>> {
  if (providers.length < 2) return {}
  const options = providers.map(({ id }) => ({ value: id, label: id }))
  const fallback = answered(await select({ message: 'Who answers for names that nobody knows?', options }))
  const router: Record<string, string> = { default: fallback }
  const message = 'Shall some kinds of requests go elsewhere?'
  if (!answered(await confirm({ message, initialValue: false }))) return router
  for (const [task, label] of TASKS) {
    const target = answered(await select({ message: label, options, initialValue: fallback }))
    if (target !== fallback) router[task] = target
  }
  return router
}
