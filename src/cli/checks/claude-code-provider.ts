import type { ProviderSettings } from '../../providers/settings.ts'
import { INSTALL_CLAUDE } from '../../upstream/claude-code/find-program.ts'
import type { LoginMethod } from '../../upstream/claude-code/login.ts'
import { OLDEST_CLAUDE_CODE, versionOf } from '../../upstream/claude-code/program-version.ts'
import { signInOf } from '../../upstream/claude-code/sign-in.ts'
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
  const { command = null, configFolder = null } = claudeCode ?? {}
  const { program, method, folder, signedIn } = await signInOf(
    { command, configFolder, hasKey: (apiKey ?? '').trim() !== '' },
    where,
    versionOf,
  )
  const finding = (status: Finding['status'], message: string, fix: string | null): Finding => ({
    check: 'providers',
    status,
    message: `${id}${message}`,
    fix,
  })
  switch (program.problem) {
    case 'missing': {
      const message = command === null ? ': there is no "claude" command' : `: ${command} is no program`
      return finding('error', message, INSTALL_CLAUDE)
    }
    case 'silent': {
      const fix = 'run it by hand with --version, and see what it says'
      return finding('error', `: ${program.path} does not say its version`, fix)
    }
    case 'old': {
      const { path, version } = program
      const message = `: ${path} is version ${version}, and only ${OLDEST_CLAUDE_CODE} and later are safe here`
      return finding('error', message, 'run "claude update"')
    }
    case null: {
      const { path, version } = program
      if (signedIn) return finding('ok', ` runs ${path} (${version}) and signs in with ${METHODS[method]}`, null)
      const fix = `run "claude" once with CLAUDE_CONFIG_DIR=${folder} and log in, or give the provider an "apiKey"`
      return finding('warning', `: ${path} is not signed in, and there is no key for it`, fix)
    }
    default:
      return program satisfies never
  }
}
