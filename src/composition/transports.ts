import type { Provider } from '../providers/provider.ts'
import { CLAUDE_CODE_SCHEME } from '../providers/claude-code-options.ts'
import { createHttpTransport } from '../upstream/http.ts'
import type { HttpTransport } from '../upstream/http.ts'
import type { HttpTransportOptions } from '../upstream/options.ts'
import type { SignIn } from '../upstream/claude-code/sign-in.ts'
import type { ClaudeCodeTransport } from '../upstream/claude-code/transport.ts'

export interface TransportsOptions {
  readonly http: Partial<HttpTransportOptions>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/** All ways to vendors as one: a provider's origin says which it takes. */
export class Transports implements HttpTransport {
  readonly #options: TransportsOptions
  readonly #http: HttpTransport
  #programs: ClaudeCodeTransport | null = null

  private constructor(options: TransportsOptions, http: HttpTransport) {
    this.#options = options
    this.#http = http
  }

  static async create(options: TransportsOptions): Promise<Transports> {
    return new Transports(options, await createHttpTransport(options.http))
  }

  /** Loads what these providers need and others do not. */
  async prepare(providers: readonly Provider[]): Promise<void> {
    if (this.#programs !== null || !providers.some(({ claudeCode }) => claudeCode !== undefined)) return
    const { ClaudeCodeTransport } = await import('../upstream/claude-code/transport.ts')
    const { environment, home } = this.#options
    this.#programs = new ClaudeCodeTransport({ environment, home, wallClock: () => Date.now() })
  }

  /** The providers in use from now on. */
  adopt(providers: readonly Provider[]): void {
    this.#programs?.adopt(
      providers.flatMap(({ id, claudeCode }) => (claudeCode === undefined ? [] : [{ ...claudeCode, id }])),
    )
  }

  /** How the program of this provider signs in; null: it is none. */
  async signIn({ claudeCode, credential }: Provider): Promise<SignIn | null> {
    if (claudeCode === undefined || this.#programs === null) return null
    return this.#programs.signIn({ ...claudeCode, hasKey: credential !== null })
  }

  send(...[request, handler]: Parameters<HttpTransport['send']>): ReturnType<HttpTransport['send']> {
    const isProgram = request.origin.startsWith(CLAUDE_CODE_SCHEME)
    return (isProgram ? (this.#programs ?? this.#http) : this.#http).send(request, handler)
  }

  async close(): Promise<void> {
    await Promise.all([this.#http.close(), this.#programs?.close()])
  }

  stats(): ReturnType<HttpTransport['stats']> {
    return [...this.#http.stats(), ...(this.#programs?.stats() ?? [])]
  }

  dnsStats(): ReturnType<HttpTransport['dnsStats']> {
    return this.#http.dnsStats()
  }
}
