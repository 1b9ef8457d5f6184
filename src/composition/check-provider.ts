import { checkVendor } from '../exchange/vendor-models.ts'
import type { Provider } from '../providers/provider.ts'
import type { ProgramVersions } from '../upstream/claude-code/program-version.ts'
import type { Transport } from '../upstream/transport.ts'
import type { CheckResult, ProviderChecksOptions } from './provider-checks.ts'

export interface CheckProviderOptions {
  readonly transport: Transport
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/** A vendor by its list of models, a program by its version, which it is asked for once. */
export function checkProviderWith({
  transport,
  environment,
  home,
}: CheckProviderOptions): ProviderChecksOptions['check'] {
  let versions: ProgramVersions | null = null
  const checkProgram = async (command: string | null): Promise<CheckResult> => {
    // Most gateways have no such provider, and start without the code for it.
    const { findClaude } = await import('../upstream/claude-code/find-program.ts')
    const { isRecent, ProgramVersions } = await import('../upstream/claude-code/program-version.ts')
    versions ??= new ProgramVersions()
    const named = command === null ? environment : { ...environment, CLAUDE_COMMAND: command }
    const program = await findClaude({ environment: named, home })
    if (program === null) return { status: 'down', why: 'there is no program to run' }
    const version = await versions.of(program)
    if (version === null) return { status: 'down', why: 'its program does not say its version' }
    return isRecent(version) ? { status: 'up' } : { status: 'down', why: `its program is of version ${version}` }
  }
  return (provider: Provider, milliseconds, abort) => {
    const { claudeCode } = provider
    if (claudeCode !== undefined) return checkProgram(claudeCode.command)
    return checkVendor(provider, transport, milliseconds, abort)
  }
}
