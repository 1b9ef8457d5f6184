import { hash, timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import { bearerOf } from './authenticate.ts'

/** Lets in whoever has the admin token. No key opens it, and the token opens nothing else. */
export class AdminDoor {
  readonly #digest: Buffer | null

  /** `tokenHash`: `sha256:<hex>`; null: nobody comes in. */
  constructor(tokenHash: string | null) {
    this.#digest = tokenHash === null ? null : Buffer.from(tokenHash.slice('sha256:'.length), 'hex')
  }

  /** Throws GatewayError `unauthorized`, the same whatever is wrong. */
  check(headers: Headers): void {
    if (!this.opensFor(headers)) throw refusal()
  }

  opensFor(headers: Headers): boolean {
    return this.#opens(headers['x-api-key']?.trim() ?? '') || this.#opens(bearerOf(headers['authorization'] ?? ''))
  }

  #opens(token: string): boolean {
    return token !== '' && this.#digest !== null && timingSafeEqual(hash('sha256', token, 'buffer'), this.#digest)
  }
}

function refusal(): GatewayError {
  const message = 'The admin API wants the admin token: send it as "Authorization: Bearer <token>".'
  return new GatewayError('unauthorized', message, { shouldRetry: false })
}
