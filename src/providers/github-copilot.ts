import { GatewayError } from '../lib/error.ts'
import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import { keyHint, usableKey } from './credential.ts'
import { chatEndpoint, COMPATIBLE_CHAT_DIALECT, defineProvider, withQuirks } from './define.ts'
import type { Credential } from './provider.ts'

/** The service answers only programs that name an editor. */
const EDITOR_HEADERS = {
  'user-agent': 'GitHubCopilotChat/0.35.0',
  'editor-version': 'vscode/1.107.0',
  'editor-plugin-version': 'copilot-chat/0.35.0',
  'copilot-integration-id': 'vscode-chat',
}

export const githubCopilot = defineProvider({
  type: 'github-copilot',
  name: 'GitHub Copilot',
  baseUrl: 'https://api.githubcopilot.com',
  versionPath: '',
  keyVariables: ['COPILOT_GITHUB_TOKEN', 'GITHUB_COPILOT_TOKEN'],
  endpoints: [
    chatEndpoint(
      withQuirks(COMPATIBLE_CHAT_DIALECT, {
        strictTools: true,
        reasoning: { efforts: ['low', 'medium', 'high', 'xhigh'], sendBack: 'none' },
        userField: null,
      }),
      [{ models: /^(?:o\d|gpt-[5-9])/, quirks: { maxTokensField: 'max_completion_tokens' } }],
    ),
  ],
  // Without the last one images are refused; without images it means nothing.
  headers: { ...EDITOR_HEADERS, 'openai-intent': 'conversation-edits', 'copilot-vision-request': 'true' },
  keyPage: 'https://github.com/settings/copilot',
})

const TOKEN_URL = 'https://api.github.com/copilot_internal/v2/token'
/** Milliseconds before its end at which a token is replaced. */
const REFRESH_AHEAD = 5 * 60_000

/** Sends a GET. Rejects when the host cannot be reached. */
export type FetchText = (
  url: string,
  headers: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly body: string }>

export interface CopilotDependencies {
  readonly fetchText: FetchText
  /** Unix milliseconds. */
  readonly wallClock: () => number
}

interface CopilotToken {
  readonly token: string
  /** Unix milliseconds. */
  readonly expires: number
}

/**
 * Exchanges a GitHub token for the short-lived one that the Copilot API takes, anew before each ends. Requests that come
 * while an exchange is under way wait for it: there is never a second one.
 */
export function copilotCredential(githubToken: string, dependencies: CopilotDependencies): Credential {
  const github = usableKey(githubToken)
  let current: CopilotToken | null = null
  let exchange: Promise<CopilotToken> | null = null

  async function renewed(): Promise<CopilotToken> {
    exchange ??= exchangeToken(github, dependencies).finally(() => {
      exchange = null
    })
    try {
      current = await exchange
    } catch (thrown) {
      // GitHub may be away for a while; the old token is good until it ends.
      if (current === null || current.expires <= dependencies.wallClock()) throw thrown
    }
    return current
  }

  return {
    headers() {
      const fresh = current !== null && current.expires - dependencies.wallClock() > REFRESH_AHEAD
      return fresh && current !== null ? authorization(current) : renewed().then(authorization)
    },
    hint: keyHint(github),
  }
}

function authorization({ token }: CopilotToken): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` }
}

async function exchangeToken(githubToken: string, { fetchText }: CopilotDependencies): Promise<CopilotToken> {
  const headers = { ...EDITOR_HEADERS, accept: 'application/json', authorization: `token ${githubToken}` }
  const answer = await fetchText(TOKEN_URL, headers).catch((cause: unknown) => {
    throw unauthorized('GitHub cannot be reached to renew the Copilot token.', cause)
  })
  if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
    throw unauthorized('GitHub refused the Copilot login. Run "ucr auth login github-copilot" again.')
  }
  const token = answer.status === 200 ? readToken(answer.body) : null
  if (token === null) throw unauthorized(`GitHub gave no Copilot token (status ${answer.status}).`)
  return token
}

function readToken(body: string): CopilotToken | null {
  const answer = parsed(body)
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return null
  const { token, expires_at: seconds } = answer
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || typeof seconds !== 'number') return null
  return { token, expires: seconds * 1000 }
}

function parsed(body: string): JsonValue {
  try {
    return parseJson(body)
  } catch {
    return null
  }
}

function unauthorized(message: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream_unauthorized', message, { shouldRetry: false, cause })
}
