import { signal } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import type { Overview } from '../../../src/observe/overview.ts'
import { AdminApi, AdminError } from './admin-api.ts'
import { GatewayView, readOverview } from './gateway-view.ts'
import { takeTokenFromAddress } from './token-keeper.ts'
import type { TokenKeeper } from './token-keeper.ts'

export type Visit =
  | { readonly kind: 'checking' }
  /** `why` is what the visitor should know, or null. */
  | { readonly kind: 'signed-out'; readonly why: string | null }
  | { readonly kind: 'signed-in'; readonly view: GatewayView }

/** Who looks at the page: nobody yet, or whoever has the admin token. */
export class SignIn {
  readonly #keeper: TokenKeeper
  readonly #visit = signal<Visit>({ kind: 'checking' })

  constructor(keeper: TokenKeeper) {
    this.#keeper = keeper
  }

  get visit(): ReadonlySignal<Visit> {
    return this.#visit
  }

  /** With the token of the link that was followed, else with the one of this tab. */
  async resume(): Promise<void> {
    const token = takeTokenFromAddress() ?? this.#keeper.read()
    if (token === null) this.#visit.value = { kind: 'signed-out', why: null }
    else await this.signIn(token)
  }

  async signIn(token: string): Promise<void> {
    const api = new AdminApi(token)
    let overview: Overview
    try {
      overview = await readOverview(api)
    } catch (thrown) {
      const { kind, message } = thrown instanceof AdminError ? thrown : new AdminError('unreachable', String(thrown))
      if (kind === 'unauthorized') this.#keeper.forget()
      this.#visit.value = { kind: 'signed-out', why: kind === 'unauthorized' ? WRONG_TOKEN : message }
      return
    }
    this.#keeper.keep(token)
    this.#visit.value = { kind: 'signed-in', view: new GatewayView(api, overview, () => this.#refused()) }
  }

  signOut(): void {
    this.#keeper.forget()
    this.#visit.value = { kind: 'signed-out', why: null }
  }

  #refused(): void {
    this.#keeper.forget()
    this.#visit.value = { kind: 'signed-out', why: 'The gateway no longer takes the token. Sign in again.' }
  }
}

const WRONG_TOKEN =
  'The gateway does not take this token. It wants the admin token; the key of a client does not open this page.'
