import { sha256 } from '../../lib/hash.ts'
import { toolOf } from '../../lib/tool-rule.ts'
import { CLIENT_SERVER } from './client-tools.ts'
import type { Refusal } from './errors.ts'
import { refusal } from './errors.ts'
import { baseUrlVariables, inheritedVariables, loginMethod, unusedModels } from './login.ts'
import type { ClaudeCodeSettings } from './settings.ts'
import type { Turn } from './turn.ts'
import type { JsonObject } from './values.ts'
import { asText } from './values.ts'
import { grantOf } from './wishes.ts'

/** How a process is started. One that was started so can serve any request with the same `key`. */
export interface Launch {
  readonly key: string
  readonly arguments: readonly string[]
  /** Without folders, which each process has for itself. */
  readonly environment: Readonly<Record<string, string>>
}

/** Linux takes no longer variable. */
const MAX_VARIABLE_BYTES = 120 * 1024

/**
 * `claudeTools`: patterns of the tools that the caller may use; null: all that the config allows. No text that a client wrote stands in the arguments, but for the model's name, which is checked.
 */
export function launchOf(
  turn: Turn,
  settings: ClaudeCodeSettings,
  claudeTools: readonly string[] | null,
  environment: Readonly<Record<string, string | undefined>>,
  apiKey: string | null,
): Launch | Refusal {
  const grant = grantOf(settings, claudeTools, turn.wishes)
  const theirs = new Set(turn.tools.map((tool) => asText(tool['name'])))
  // A client that brings a tool of the same name means its own.
  const own = grant.tools.filter((rule) => !theirs.has(toolOf(rule)))
  const body = JSON.stringify(samplingOf(turn))
  if (Buffer.byteLength(body) > MAX_VARIABLE_BYTES) {
    return refusal(413, 'Everything besides messages, system and tools is too large for Claude Code.')
  }
  const args = [
    ...FIXED_ARGUMENTS,
    '--model',
    turn.model,
    '--permission-mode',
    grant.permissionMode,
    '--tools',
    [...new Set(own.map(toolOf))].join(','),
    '--allowedTools',
    `mcp__${CLIENT_SERVER}`,
    ...own,
    ...(grant.maxTurns === null ? [] : ['--max-turns', String(grant.maxTurns)]),
  ]
  const method = loginMethod(environment, apiKey !== null)
  const variables = {
    ...inheritedVariables(environment, method),
    ...(own.length === 0 ? unusedModels(method, turn.model, environment) : {}),
    ...FIXED_VARIABLES,
    CLAUDE_CODE_EXTRA_BODY: body,
    ...(thinks(turn) ? {} : { CLAUDE_CODE_DISABLE_THINKING: '1' }),
    ...(settings.configFolder === null ? {} : { CLAUDE_CONFIG_DIR: settings.configFolder }),
    ...baseUrlVariables(method, settings.baseUrl),
    ...(apiKey === null ? {} : { ANTHROPIC_API_KEY: apiKey }),
  }
  return { key: sha256(JSON.stringify([args, variables])), arguments: args, environment: variables }
}

const FIXED_ARGUMENTS = [
  '--print',
  '--input-format',
  'stream-json',
  '--output-format',
  'stream-json',
  '--include-partial-messages',
  '--verbose',
  '--no-session-persistence',
  // No settings, servers, commands of this machine's user: they are for that user's own work.
  '--setting-sources',
  '',
  '--strict-mcp-config',
  '--disable-slash-commands',
  '--settings',
  JSON.stringify({ includeCoAuthoredBy: false, attribution: { commit: '', pr: '' } }),
]

/**
 * The program's own ideas that a gateway's client has not asked for. File mentions and attachments would read this
 * machine's files for whoever writes `@/etc/passwd`.
 */
const FIXED_VARIABLES = {
  CLAUDE_AGENT_SDK_MCP_NO_PREFIX: '1',
  CLAUDE_CODE_DISABLE_ATTACHMENTS: '1',
  CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
  CLAUDE_CODE_DISABLE_BUNDLED_SKILLS: '1',
  CLAUDE_CODE_DISABLE_CLAUDE_MDS: '1',
  CLAUDE_CODE_DISABLE_FILE_MENTIONS: '1',
  CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS: '1',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  CLAUDE_CODE_DISABLE_TERMINAL_TITLE: '1',
  CLAUDE_CODE_DISABLE_ULTRATHINK: '1',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_COMPACT: '1',
  DISABLE_ERROR_REPORTING: '1',
  DISABLE_TELEMETRY: '1',
  // Tools are offered at once and whole, and answers may be as long as the client says.
  CLAUDE_CODE_MAX_MCP_DESCRIPTION_LENGTH: '1000000',
  ENABLE_TOOL_SEARCH: 'false',
  MAX_MCP_OUTPUT_TOKENS: '100000000',
  MCP_TOOL_TIMEOUT: '86400000',
  // The gateway tries again, elsewhere if need be, and says what the model said.
  CLAUDE_CODE_DISABLE_MODEL_ACCESS_FALLBACK: '1',
  CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: '1',
  CLAUDE_CODE_DISABLE_REFUSAL_FALLBACK: '1',
  CLAUDE_CODE_DISABLE_REFUSAL_RETRY: '1',
  CLAUDE_CODE_MAX_RETRIES: '0',
}

function samplingOf({ sampling, wishes }: Turn): JsonObject {
  const { maxThinkingTokens } = wishes
  if (maxThinkingTokens === null || sampling['thinking'] !== undefined) return sampling
  const isOff = maxThinkingTokens === 0
  return { ...sampling, thinking: isOff ? { type: 'disabled' } : { type: 'enabled', budget_tokens: maxThinkingTokens } }
}

/** Without a word on it the model does not think, as at the vendor. */
function thinks({ sampling, wishes }: Turn): boolean {
  return sampling['thinking'] !== undefined || (wishes.maxThinkingTokens ?? 0) > 0
}
