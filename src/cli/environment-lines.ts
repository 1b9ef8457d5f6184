import { OPEN_KEY } from './client-lines.ts'
import type { ClientKey, FoundGateway } from './find-gateway.ts'
import { isSelfSigned } from './own-certificate.ts'
import type { Value } from './shell-lines.ts'

const ADDRESSES = ['ANTHROPIC_BASE_URL', 'OPENAI_BASE_URL'] as const
const KEYS = ['ANTHROPIC_AUTH_TOKEN', 'OPENAI_API_KEY'] as const

type Name = (typeof ADDRESSES)[number] | (typeof KEYS)[number]

export interface EnvironmentLines {
  readonly settings: readonly { readonly name: Name; readonly value: Value }[]
  readonly notes: readonly string[]
}

/**
 * The variables for the SDKs and Claude Code. A key is never printed: the line names the variable that holds it. A
 * vendor's key that is already there stays, since a gateway started from the same shell may need it, and an open gateway
 * takes any.
 */
export function environmentLines(
  { url, running, key, certificate }: FoundGateway,
  environment: NodeJS.ProcessEnv,
): EnvironmentLines {
  const notes = running ? [] : [`Nothing answers at ${url} yet: start it with "ucr start --daemon".`]
  if (certificate !== null && isSelfSigned(certificate)) {
    const file = certificate.file ?? 'a file with it'
    notes.push(
      `Nobody vouches for its certificate: NODE_EXTRA_CA_CERTS (Node) and SSL_CERT_FILE (others) take ${file}.`,
    )
  }
  const settings: { name: Name; value: Value }[] = [
    { name: 'ANTHROPIC_BASE_URL', value: { text: url } },
    { name: 'OPENAI_BASE_URL', value: { text: `${url}/v1` } },
  ]
  switch (key.kind) {
    case 'open':
      for (const name of KEYS) {
        if (!environment[name]) settings.push({ name, value: { text: OPEN_KEY } })
      }
      break
    case 'variable':
      for (const name of KEYS) settings.push({ name, value: { variable: key.name } })
      break
    case 'unknown':
      notes.push('The gateway wants a key, and only its hash is known here.')
      notes.push('Set ANTHROPIC_AUTH_TOKEN and OPENAI_API_KEY to it, or put it into UCR_API_KEY and run this again.')
      break
    default:
      key satisfies never
  }
  return { settings, notes }
}

/** The variables that were set by such lines: a vendor's key in one of them is not ours to take away. */
export function variablesToUnset(key: ClientKey, environment: NodeJS.ProcessEnv): readonly Name[] {
  const ours = (value: string | undefined) => value === OPEN_KEY || (key.kind === 'variable' && value === key.value)
  return [...ADDRESSES, ...KEYS.filter((name) => ours(environment[name]))]
}
