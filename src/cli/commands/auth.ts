import { defineCommand, defineGroup, optional, required, text } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { CONFIG, JSON_OUTPUT } from '../shared-options.ts'
import { table } from '../terminal.ts'

const login = defineCommand({
  name: 'login',
  summary: 'Store a key for a provider, encrypted; for GitHub Copilot by a code that you type in your browser',
  examples: [
    ['ucr auth login groq', 'asks for the key'],
    ['ucr auth login groq < key.txt', 'reads it from standard input'],
    ['ucr auth login github-copilot', 'shows a code to type at github.com'],
  ],
  arguments: { provider: optional('provider', 'its id in the config, or the name of a vendor') },
  options: {
    githubUrl: text('--github-url <url>', 'for Copilot: the address of a GitHub Enterprise'),
    config: CONFIG,
  },
  async run({ options, arguments: { provider }, ...surroundings }) {
    const { logIn } = await import('../log-in.ts')
    await logIn(provider, options.githubUrl, options.config, surroundings)
    return EXIT.ok
  },
})

const logout = defineCommand({
  name: 'logout',
  summary: 'Forget the stored key of a provider',
  arguments: { provider: required('provider', 'as "ucr auth list" shows it') },
  async run({ arguments: { provider }, environment, home, terminal }) {
    const { CredentialStore, storeLocation } = await import('../../config/credentials.ts')
    const deleted = await new CredentialStore(storeLocation(environment, home)).delete(provider)
    terminal.out.line(deleted ? `Forgot the key of ${provider}.` : `No key of ${provider} is stored.`)
    return EXIT.ok
  },
})

const list = defineCommand({
  name: 'list',
  summary: 'List whose keys are stored',
  options: { json: JSON_OUTPUT },
  async run({ options, environment, home, terminal }) {
    const { CredentialStore, storeLocation } = await import('../../config/credentials.ts')
    const store = new CredentialStore(storeLocation(environment, home))
    const summaries = await store.list()
    if (options.json) terminal.json(summaries)
    else if (summaries.length === 0) terminal.error.line('No keys are stored. "ucr auth login PROVIDER" stores one.')
    else {
      const rows = summaries.map(({ provider, type, hint, origin }) => [provider, type, hint, origin ?? ''])
      for (const line of table(rows)) terminal.out.line(line)
    }
    return EXIT.ok
  },
})

export const command = defineGroup('auth', 'Store and forget the keys of vendors, encrypted on this machine', [
  login,
  logout,
  list,
])
