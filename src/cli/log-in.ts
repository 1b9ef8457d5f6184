import { setTimeout as delay } from 'node:timers/promises'
import { addProvider, editConfigFile } from '../config/edit.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { StoredCredential } from '../config/credentials.ts'
import { keyCredential } from '../providers/credential.ts'
import { findProvider, PROVIDERS } from '../providers/index.ts'
import type { ProviderDefinition } from '../providers/provider.ts'
import type { Surroundings } from './command.ts'
import { pollForToken, requestDeviceCode, type DeviceFlowSettings } from './device-flow.ts'
import { usageFailure } from './failure.ts'
import { ask } from './http.ts'
import { readToMend } from './load.ts'
import { answered } from './prompts.ts'
import { readStandardInput } from './read-input.ts'

/**
 * The client id of the editor extension, which is the only kind of program that Copilot's service gives tokens to. Public:
 * a device flow has no secret.
 */
const COPILOT_CLIENT_ID = 'Iv1.b507a08c87ecfe98'

/** Whose key is to be stored. */
interface Account {
  /** Under which it is stored. */
  readonly id: string
  readonly definition: ProviderDefinition
  /** Scheme, host and port that the key may be sent to; null: the vendor's own. */
  readonly origin: string | null
  /** The config names it. */
  readonly configured: boolean
}

/** Gets a key from the user and stores it. Throws `Failure`. */
export async function logIn(
  provider: string | null,
  githubUrl: string | null,
  config: string | null,
  surroundings: Surroundings,
): Promise<void> {
  const { terminal } = surroundings
  // Without the key that is about to be stored, the config may well be wrong.
  const loaded = await readToMend(surroundings, config)
  const account = accountOf(provider ?? (await chooseVendor(surroundings)), loaded)
  const isCopilot = account.definition.type === 'github-copilot'
  const secret = isCopilot
    ? await copilotToken(githubUrl ?? 'https://github.com', surroundings)
    : await keyFromUser(account.definition, surroundings)
  const type: StoredCredential['type'] = isCopilot ? 'github-copilot' : 'api-key'
  await loaded.credentials.set({ provider: account.id, type, secret, origin: account.origin })
  terminal.out.line(`Stored for ${account.id}, encrypted, in ${loaded.credentials.path}`)
  // A config that names its providers does not look for others.
  if (!account.configured && loaded.path !== null && !loaded.config.discover) {
    await offerToConfigure(account, loaded.path, surroundings)
  }
}

/** Throws ProviderSettingsError when there is no such provider or vendor. */
function accountOf(id: string, { config }: LoadedConfig): Account {
  const settings = config.providers.find((candidate) => candidate.id === id)
  const definition = findProvider(settings?.type ?? id)
  // Where providers are found by themselves, a vendor's type serves as its id.
  if (settings === undefined) return { id: definition.type, definition, origin: null, configured: false }
  const origin = originOf(settings.baseUrl)
  return { id, definition, origin: origin === originOf(definition.baseUrl) ? null : origin, configured: true }
}

function originOf(baseUrl: string | null): string | null {
  return baseUrl === null ? null : (URL.parse(baseUrl)?.origin ?? null)
}

async function chooseVendor({ terminal }: Surroundings): Promise<string> {
  if (!terminal.interactive) throw usageFailure('Name the provider: "ucr auth login PROVIDER".')
  const { autocomplete } = await import('@clack/prompts')
  const vendors = PROVIDERS.filter(({ keyRequired }) => keyRequired)
  return answered(
    await autocomplete({
      message: 'Which vendor?',
      options: vendors.map(({ type, name }) => ({ value: type, label: name })),
      maxItems: 12,
    }),
  )
}

/** From a masked question, or from standard input where that is no terminal. Never from an argument: others can see those. */
async function keyFromUser({ name, keyPage, auth }: ProviderDefinition, { terminal }: Surroundings): Promise<string> {
  const key = terminal.interactive
    ? await askForKey(keyPage === null ? `Key for ${name}` : `Key for ${name} (made at ${keyPage})`)
    : (await readStandardInput()).toString('utf8').trim()
  if (key.length < 8) throw usageFailure(key === '' ? 'There was no key.' : 'That is too short to be a key.')
  // Refuses what no header can carry, before it is stored.
  keyCredential(auth, key)
  return key
}

async function askForKey(message: string): Promise<string> {
  const { password } = await import('@clack/prompts')
  return answered(await password({ message, mask: '•' })).trim()
}

async function copilotToken(githubUrl: string, { terminal }: Surroundings): Promise<string> {
  const world = { ask, wait: (milliseconds: number) => delay(milliseconds), now: () => performance.now() }
  const settings: DeviceFlowSettings = {
    origin: checkedOrigin(githubUrl),
    clientId: COPILOT_CLIENT_ID,
    scope: 'read:user',
  }
  const code = await requestDeviceCode(settings, world)
  terminal.error.line(`Open ${terminal.error.paint('cyan', code.verificationUri)}`)
  terminal.error.line(`and enter ${terminal.error.paint('bold', code.userCode)}`)
  terminal.error.line('Waiting for GitHub ...')
  return pollForToken(settings, code, world)
}

function checkedOrigin(text: string): string {
  const url = URL.parse(text)
  const local = url !== null && /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && local))) {
    throw usageFailure(`--github-url ${text}: it is an address such as https://github.example.com`)
  }
  return url.origin
}

async function offerToConfigure({ id, definition }: Account, path: string, { terminal }: Surroundings): Promise<void> {
  const line = JSON.stringify({ id, type: definition.type })
  if (terminal.interactive) {
    const { confirm } = await import('@clack/prompts')
    if (answered(await confirm({ message: `Add ${line} to the providers in ${path}?` }))) {
      await editConfigFile(path, addProvider({ id, type: definition.type }))
      return
    }
  }
  terminal.error.line(`To use it, add this to "providers" in ${path}:`)
  terminal.error.line(`  ${line}`)
}
