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
  readonly #fields: readonly Readonly<Record<string, string>>[]
  /** Null until there is a text to look at: nearly every answer is none. */
  #secrets: readonly string[] | null = null

  /** Header fields, by name; of `Bearer abc` it is `abc` that counts. */
  constructor(...fields: readonly Readonly<Record<string, string>>[]) {
    this.#fields = fields
  }

  text(text: string): string {
    this.#secrets ??= secretsOf(this.#fields.flatMap((fields) => Object.values(fields)))
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

function secretsOf(values: readonly string[]): readonly string[] {
  const secrets = values.map((value) => value.slice(value.lastIndexOf(' ') + 1)).filter(isLong)
  // A vendor's JSON may spell them another way.
  return [...new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))]
}

function isLong(text: string): boolean {
  return text.length >= SHORTEST
}
