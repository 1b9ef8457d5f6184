import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProviderSettings } from '../../providers/settings.ts'
import { findClaude, INSTALL_CLAUDE } from '../../upstream/claude-code/find-program.ts'
import { loginMethod } from '../../upstream/claude-code/login.ts'
import type { LoginMethod } from '../../upstream/claude-code/login.ts'
import { isRecent, OLDEST_CLAUDE_CODE, versionOf } from '../../upstream/claude-code/program-version.ts'
import type { Surroundings } from '../command.ts'
import type { Finding } from './finding.ts'

type Where = Pick<Surroundings, 'environment' | 'home'>

const METHODS: Readonly<Record<LoginMethod, string>> = {
  'api-key': 'an API key',
  bedrock: 'Amazon Bedrock, because CLAUDE_CODE_USE_BEDROCK is set',
  vertex: 'Google Vertex, because CLAUDE_CODE_USE_VERTEX is set',
  'own-login': 'its own login',
}

/** Whether the program of a provider can be run, and how it signs in. Asks no model. */
export async function checkClaudeCodeProvider(settings: ProviderSettings, where: Where): Promise<Finding> {
  const { id, claudeCode, apiKey } = settings
  const command = claudeCode?.command ?? null
  const { environment } = where
  const named = command === null ? environment : { ...environment, CLAUDE_COMMAND: command }
  const program = await findClaude({ environment: named, home: where.home })
  if (program === null) {
    const message = command === null ? `${id}: there is no "claude" command` : `${id}: ${command} is no program`
    return { check: 'providers', status: 'error', message, fix: INSTALL_CLAUDE }
  }
  const version = await versionOf(program)
  if (version === null) {
    const message = `${id}: ${program} does not say its version`
    return { check: 'providers', status: 'error', message, fix: 'run it by hand with --version, and see what it says' }
  }
  if (!isRecent(version)) {
    const message = `${id}: ${program} is version ${version}, and only ${OLDEST_CLAUDE_CODE} and later are safe here`
    return { check: 'providers', status: 'error', message, fix: 'run "claude update"' }
  }
  const method = loginMethod(environment, apiKey !== null)
  const folder = claudeCode?.configFolder ?? environment['CLAUDE_CONFIG_DIR'] ?? join(where.home, '.claude')
  if (method === 'own-login' && !(await isSignedIn(folder, environment))) {
    const message = `${id}: ${program} is not signed in, and there is no key for it`
    const fix = `run "claude" once with CLAUDE_CONFIG_DIR=${folder} and log in, or give the provider an "apiKey"`
    return { check: 'providers', status: 'warning', message, fix }
  }
  const message = `${id} runs ${program} (${version}) and signs in with ${METHODS[method]}`
  return { check: 'providers', status: 'ok', message, fix: null }
}

/** On a Mac the login is in the key chain, where it cannot be looked for without asking its owner. */
async function isSignedIn(folder: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  if (process.platform === 'darwin' || (environment['CLAUDE_CODE_OAUTH_TOKEN'] ?? '') !== '') return true
  try {
    await access(join(folder, '.credentials.json'))
    return true
  } catch {
    return false
  }
}
