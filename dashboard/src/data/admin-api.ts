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
  /** The field of what was sent that is at fault, `rateLimit.max`; null: none in particular. */
  readonly field: string | null

  constructor(kind: AdminFailure, message: string, field: string | null = null) {
    super(message)
    this.kind = kind
    this.field = field
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
  async post<T>(path: string, wish: object = {}): Promise<T> {
    return this.#call('POST', path, JSON.stringify(wish))
  }

  /** Throws AdminError. */
  async patch<T>(path: string, change: object): Promise<T> {
    return this.#call('PATCH', path, JSON.stringify(change))
  }

  /** Throws AdminError. */
  async delete<T>(path: string): Promise<T> {
    return this.#call('DELETE', path)
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
  const { message, param } = errorIn(await response.text().catch(() => ''))
  const said = typeof message === 'string' ? message : `The gateway answered with status ${response.status}.`
  const field = typeof param === 'string' ? param : null
  return new AdminError(response.status === 404 ? 'missing' : 'refused', withoutName(said, field), field)
}

interface SaidError {
  readonly message?: unknown
  readonly param?: unknown
}

/** What an error says, in whichever protocol's form. */
function errorIn(text: string): SaidError {
  try {
    const body: { readonly error?: SaidError } = JSON.parse(text)
    return body.error ?? {}
  } catch {
    return {}
  }
}

/** The field that is at fault stands above what is wrong with it. */
function withoutName(message: string, field: string | null): string {
  if (field === null || !/^:? /.test(message.slice(field.length)) || !message.startsWith(field)) return message
  const rest = message.slice(field.length).replace(/^:? /, '')
  return `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`
}
