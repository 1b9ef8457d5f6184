import type { Deployment } from '../providers/provider.ts'
import type { Router } from '../routing/route.ts'

/** What the gateway would otherwise find out again and again. */
export type WarmValue = TokenCount | ModelList | RecognisedRequest

export interface TokenCount {
  readonly kind: 'token-count'
  readonly count: number
}

/** A list of models in its protocol's words. */
export interface ModelList {
  readonly kind: 'model-list'
  readonly body: string
  /** Whose models these are: with the next router there may be others. */
  readonly router: Router
}

/** A request with these very bytes that was allowed, and whose answer may be kept. */
export interface RecognisedRequest {
  readonly kind: 'request'
  /** Whose decision it was; another router may decide otherwise. */
  readonly router: Router
  readonly deployment: Deployment
  /** All that its answer depends on besides the body. */
  readonly fields: string
  /** Of its answer, in the form that it asks for. */
  readonly key: string
  readonly stream: boolean
}

export function sizeOfWarmValue(value: WarmValue): number {
  switch (value.kind) {
    case 'token-count':
      return 128
    case 'model-list':
      return 256 + value.body.length
    case 'request':
      return 512 + value.fields.length
    default:
      return value satisfies never
  }
}
