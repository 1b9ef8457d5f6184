import { OPEN_KEY } from './client-lines.ts'
import type { FoundGateway } from './find-gateway.ts'
import type { Value } from './shell-lines.ts'

/** What `ucr env` sets, and so what its `--unset` takes back. */
export const VARIABLES = ['ANTHROPIC_BASE_URL', 'ANTHROPIC_AUTH_TOKEN', 'OPENAI_BASE_URL', 'OPENAI_API_KEY'] as const

export interface EnvironmentLines {
  readonly settings: readonly { readonly name: (typeof VARIABLES)[number]; readonly value: Value }[]
  readonly notes: readonly string[]
}

/**
 * The variables for the SDKs and Claude Code. A key is never printed: the line names the variable that holds it. A
 * vendor's key that is already there stays, since a gateway started from the same shell may need it, and an open gateway
 * takes any.
 */
export function environmentLines(
  { url, running, key }: FoundGateway,
  environment: NodeJS.ProcessEnv,
): EnvironmentLines {
  const notes = running ? [] : [`Nothing answers at ${url} yet: start it with "ucr start --daemon".`]
  const settings: { name: (typeof VARIABLES)[number]; value: Value }[] = [
    { name: 'ANTHROPIC_BASE_URL', value: { text: url } },
    { name: 'OPENAI_BASE_URL', value: { text: `${url}/v1` } },
  ]
  switch (key.kind) {
    case 'open':
      for (const name of ['ANTHROPIC_AUTH_TOKEN', 'OPENAI_API_KEY'] as const) {
        if (!environment[name]) settings.push({ name, value: { text: OPEN_KEY } })
      }
      break
    case 'variable':
      settings.push({ name: 'ANTHROPIC_AUTH_TOKEN', value: { variable: key.name } })
      settings.push({ name: 'OPENAI_API_KEY', value: { variable: key.name } })
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
