import type { Headers } from '../../lib/headers.ts'
import { CLAUDE_CODE_SCHEME } from '../../providers/claude-code-options.ts'
import { Deadlines } from '../deadlines.ts'
import type { OriginStats, Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../transport.ts'
import { ClaudeCodeCall } from './call.ts'
import { refusal } from './errors.ts'
import { Guard } from './guard.ts'
import { launchOf } from './launch.ts'
import { ProcessPool } from './pool.ts'
import { OLDEST_CLAUDE_CODE, ProgramVersions } from './program-version.ts'
import type { ClaudeCodeSettings } from './settings.ts'
import { signInOf } from './sign-in.ts'
import type { SignIn, SignInOptions } from './sign-in.ts'
import { readTurn } from './turn.ts'
import { usableProgram } from './usable-program.ts'
import { Workplaces } from './workplace.ts'

export interface ClaudeCodeTransportOptions {
  /** Of the gateway: the program gets what it needs of it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Home folder of the user, where the program may be installed. */
  readonly home: string
  /** Unix milliseconds. */
  readonly wallClock: () => number
}

/** Requests of the Messages API, answered by Claude Code in processes of this machine. */
export class ClaudeCodeTransport implements Transport {
  readonly #options: ClaudeCodeTransportOptions
  readonly #deadlines = new Deadlines()
  readonly #workplaces = new Workplaces()
  readonly #guard = new Guard()
  readonly #versions = new ProgramVersions()
  readonly #versionOf = (path: string): Promise<string | null> => this.#versions.of(path).catch(() => null)
  /** By origin. */
  readonly #pools = new Map<string, ProcessPool>()
  #closed = false

  constructor(options: ClaudeCodeTransportOptions) {
    this.#options = options
  }

  /** The providers in use from now on. */
  adopt(settings: readonly ClaudeCodeSettings[]): void {
    const origins = new Set<string>()
    for (const entry of settings) {
      const origin = `${CLAUDE_CODE_SCHEME}${entry.id}`
      origins.add(origin)
      const pool = this.#pools.get(origin)
      if (pool === undefined) this.#pools.set(origin, new ProcessPool(entry, this.#workplaces, this.#guard))
      else pool.adopt(entry)
    }
    for (const [origin, pool] of this.#pools) {
      if (origins.has(origin)) continue
      this.#pools.delete(origin)
      void pool.close()
    }
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const call = new ClaudeCodeCall(request, handler, this.#deadlines, this.#options.wallClock)
    this.#start(request, call).catch((thrown: unknown) => {
      call.fail('invalid', thrown instanceof Error ? thrown.message : 'the request could not be made')
    })
    return call
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()))
    await this.#workplaces.close()
  }

  /** How a provider signs in, by the code that runs its program. */
  signIn(options: SignInOptions): Promise<SignIn> {
    return signInOf(options, this.#options, this.#versionOf)
  }

  stats(): readonly OriginStats[] {
    return [...this.#pools].map(([origin, pool]) => pool.stats(origin))
  }

  async #start(request: UpstreamRequest, call: ClaudeCodeCall): Promise<void> {
    const pool = this.#pools.get(request.origin)
    if (pool === undefined || this.#closed) {
      call.fail('connect', 'the gateway has no such provider any more, or is shutting down')
      return
    }
    const program = await this.#program(pool.settings)
    if ('missing' in program) call.fail('connect', program.missing)
    else if (request.method === 'POST') this.#ask(request, call, pool, program.path)
    else call.refused(refusal(404, 'Claude Code answers messages only.'))
  }

  /** The program to run, or for the operator why there is none. Never rejects. */
  async #program({ command }: ClaudeCodeSettings): Promise<{ readonly path: string } | { readonly missing: string }> {
    const found = await usableProgram(command, this.#options, this.#versionOf)
    switch (found.problem) {
      case null:
        return { path: found.path }
      case 'missing':
        return { missing: `there is no program ${command ?? 'claude'} that can be run` }
      case 'silent':
        return { missing: `${found.path} does not say its version` }
      case 'old': {
        const { path, version } = found
        return {
          missing: `${path} is Claude Code ${version}, and ${OLDEST_CLAUDE_CODE} is the oldest that is safe here`,
        }
      }
      default:
        return found satisfies never
    }
  }

  #ask(request: UpstreamRequest, call: ClaudeCodeCall, pool: ProcessPool, program: string): void {
    const headers: Headers = request.headers
    const turn = readTurn(request.body, headers)
    if ('status' in turn) {
      call.refused(turn)
      return
    }
    const launch = launchOf(
      turn,
      pool.settings,
      request.claudeTools === undefined ? [] : request.claudeTools,
      this.#options.environment,
      headers['x-api-key'] ?? null,
    )
    if ('status' in launch) call.refused(launch)
    else call.start({ turn, launch, program, pool })
  }
}
