/** Milliseconds after which an answer is given up. */
const PATIENCE = 15_000

export type AdminFailure =
  /** The token is not, or no longer, the admin token. */
  | 'unauthorized'
  /** This gateway has no such thing. */
  | 'missing'
  /** It answered with an error. */
  | 'refused'
  /** Nobody answered. */
  | 'unreachable'

export class AdminError extends Error {
  readonly kind: AdminFailure

  constructor(kind: AdminFailure, message: string) {
    super(message)
    this.kind = kind
  }
}

/** The gateway's admin API, for whoever holds this token. */
export class AdminApi {
  readonly #token: string

  constructor(token: string) {
    this.#token = token
  }

  /** Throws AdminError. `T` is what `path` is known to answer with. */
  async get<T>(path: string): Promise<T> {
    return this.#call('GET', path)
  }

  /** Throws AdminError. */
  async patch<T>(path: string, change: Readonly<Record<string, unknown>>): Promise<T> {
    return this.#call('PATCH', path, JSON.stringify(change))
  }

  async #call<T>(method: string, path: string, body?: string): Promise<T> {
    const response = await this.#send(method, path, body)
    if (!response.ok) throw await failureOf(response)
    try {
      const value: T = await response.json()
      return value
    } catch {
      throw new AdminError('unreachable', 'The answer broke off.')
    }
  }

  async #send(method: string, path: string, body: string | undefined): Promise<Response> {
    try {
      return await fetch(path, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.timeout(PATIENCE),
      })
    } catch {
      throw new AdminError('unreachable', 'The gateway does not answer.')
    }
  }
}

async function failureOf(response: Response): Promise<AdminError> {
  if (response.status === 401) return new AdminError('unauthorized', 'The gateway does not take this token.')
  const said = messageIn(await response.text().catch(() => ''))
  const message = said ?? `The gateway answered with status ${response.status}.`
  return new AdminError(response.status === 404 ? 'missing' : 'refused', message)
}

/** What an error says, in whichever protocol's form. */
function messageIn(text: string): string | null {
  try {
    const body: { readonly error?: { readonly message?: unknown } } = JSON.parse(text)
    return typeof body.error?.message === 'string' ? body.error.message : null
  } catch {
    return null
  }
}
