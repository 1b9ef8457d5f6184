import type { ModelCapabilities } from '../canonical/capabilities.ts'
import type { ProtocolId } from '../canonical/protocol-id.ts'
import type { OwnPrices } from '../models/own-prices.ts'
import type { Dialects } from '../protocols/dialect.ts'
import type { ClaudeCodeProgram } from './claude-code-options.ts'

/** A vendor, as data: what is true of it for every account. One row of a table or one small file. */
export interface ProviderDefinition {
  /** What a config's `type` names: `anthropic`, `groq`, `ollama`. */
  readonly type: string
  /** For people. */
  readonly name: string
  /** With the version path. Null where only the user knows it. */
  readonly baseUrl: string | null
  /** The end of `baseUrl`'s path that users may leave out of their own (`/v1`); empty where there is none. */
  readonly versionPath: string
  /** Environment variables that hold a key, best first. */
  readonly keyVariables: readonly string[]
  /** Local servers answer without one. */
  readonly keyRequired: boolean
  readonly auth: AuthScheme
  /** The protocols it speaks, preferred first. */
  readonly endpoints: readonly Endpoint[]
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>
  /** Prefixes of client header names that are passed on to this vendor, besides what the protocol itself passes. */
  readonly forwardHeaders: readonly string[]
  /** Where a local server of this kind listens, for discovery: tried with GET, and it must answer JSON that `modelList` reads. */
  readonly local: { readonly port: number; readonly path: string } | null
  /** Where people get a key, for `setup` and error messages. */
  readonly keyPage: string | null
}

export type AuthScheme = 'bearer' | 'x-api-key' | 'none'

export type Endpoint = { readonly [P in ProtocolId]: EndpointOf<P> }[ProtocolId]

export interface EndpointOf<P extends ProtocolId> {
  readonly protocol: P
  /** Behind the base URL with its version path: `/messages`, `/chat/completions`. */
  readonly path: string
  /** Behind the base URL, null where the vendor lists no models. */
  readonly modelsPath: string | null
  /** Behind the base URL, null where the vendor cannot count. */
  readonly countPath: string | null
  readonly dialect: Dialects[P]
  /** Where a vendor's models differ among themselves (OpenAI's older ones): the dialect for one model. Null: all the same. */
  readonly adapt: DialectAdapter<P> | null
}

/** Method syntax on purpose: an endpoint of one protocol is then also an endpoint of the union. */
type DialectAdapter<P extends ProtocolId> = { adapt(model: string, dialect: Dialects[P]): Dialects[P] }['adapt']

/** A provider as configured: a vendor with an account. Immutable; a reload makes new ones. */
export interface Provider {
  /** Free, unique in the config. */
  readonly id: string
  readonly definition: ProviderDefinition
  /** Scheme, host and port. The credential goes nowhere else. */
  readonly origin: string
  /** Path of the base URL with its version, no trailing slash: `/v1`. */
  readonly basePath: string
  /** The endpoints in use: all of the definition's, or the one that the config pins. */
  readonly endpoints: readonly Endpoint[]
  readonly credential: Credential | null
  /** The config's own headers. */
  readonly headers: Readonly<Record<string, string>>
  /** Upstream names; empty when the config lists none and the vendor has not been asked. */
  readonly models: readonly string[]
  readonly defaultModel: string | null
  /** Higher is preferred. */
  readonly priority: number
  readonly weight: number
  readonly timeouts: Timeouts
  /** Overrides of what the catalog says, for models of this provider. */
  readonly capabilities: Partial<ModelCapabilities>
  /** In place of list prices. */
  readonly prices: OwnPrices
  /** Only where a program answers in place of a vendor. */
  readonly claudeCode?: ClaudeCodeProgram
}

/** Milliseconds; `total` 0 means none. */
export interface Timeouts {
  readonly connect: number
  /** From the request's last byte to the head of a streamed answer. */
  readonly firstByte: number
  /** The same for a whole answer, which a vendor sends only when it is complete. */
  readonly wholeAnswer: number
  /** Between two chunks of an answer. */
  readonly idle: number
  readonly total: number
}

/** A secret for one origin. */
export interface Credential {
  /**
   * The header fields that authenticate a request. A promise where a short-lived token must be fetched first; that fails
   * with GatewayError `upstream_unauthorized`.
   */
  headers(): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>
  /** Last four characters, for displays. */
  readonly hint: string
}

/** A provider's model that requests can be sent to. */
export interface Deployment {
  /** `provider-id/model`: identity of breakers and affinity. */
  readonly key: string
  readonly provider: Provider
  /** The upstream's name. */
  readonly model: string
  readonly capabilities: ModelCapabilities
}
