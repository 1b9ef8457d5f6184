import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ask } from './ask.ts'
import type { Answer, Json } from './ask.ts'
import type { TestGateway } from './gateway.ts'

/** Somebody with the token for the admin API. */
export class Admin {
  readonly token: string
  readonly #url: string

  constructor(url: string, token: string) {
    this.#url = url
    this.token = token
  }

  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: Json | string): Promise<Answer> {
    return ask(`${this.#url}/admin/keys${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}` },
      ...(body === undefined ? {} : { body }),
    })
  }

  /** `GET /admin/<path>`. */
  read(path: string): Promise<Answer> {
    return ask(`${this.#url}/admin/${path}`, { headers: { authorization: `Bearer ${this.token}` } })
  }

  /** A new key: what clients send, and its id. */
  async create(name: string, rules: Json = {}): Promise<{ readonly key: string; readonly id: string }> {
    const answer = await this.call('POST', '', { name, ...rules })
    if (answer.status !== 201) throw new Error(answer.text)
    const { key, id } = answer.json()
    return { key: String(key), id: String(id) }
  }
}

/** Whoever may read the state folder of this gateway. */
export function adminOf({ url, configPath }: TestGateway): Admin {
  return new Admin(url, tokenIn(join(dirname(configPath), 'state')))
}

export function tokenIn(stateFolder: string): string {
  return readFileSync(join(stateFolder, 'admin.token'), 'utf8').trim()
}
