import { GatewayError } from '../lib/error.ts'

const HIDDEN = '[secret]'
/** Shorter texts would be found everywhere. */
const SHORTEST = 8

/**
 * Keeps from clients what the gateway sent a vendor in confidence, should the vendor repeat it: some put the key that they
 * refuse, or the whole request, into their errors. Keys have no form by which they could be recognised, so exactly those
 * of this request are looked for.
 */
export class Discretion {
  readonly #secrets: readonly string[]

  /** Values of header fields; of `Bearer abc` it is `abc` that counts. */
  constructor(fields: readonly string[]) {
    const secrets = fields.map((field) => field.slice(field.lastIndexOf(' ') + 1)).filter(isLong)
    // A vendor's JSON may spell them another way.
    this.#secrets = [...new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))]
  }

  text(text: string): string {
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text)
  }

  error(error: GatewayError): GatewayError {
    const { code, message, param, upstreamCode, status, retryAfter, shouldRetry } = error
    const texts = [message, param, upstreamCode].filter((text) => text !== null)
    if (texts.every((text) => this.text(text) === text)) return error
    return new GatewayError(code, this.text(message), {
      status,
      shouldRetry,
      ...(retryAfter === null ? {} : { retryAfter }),
      ...(param === null ? {} : { param: this.text(param) }),
      ...(upstreamCode === null ? {} : { upstreamCode: this.text(upstreamCode) }),
    })
  }
}

function isLong(text: string): boolean {
  return text.length >= SHORTEST
}
