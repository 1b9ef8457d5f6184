import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LossList } from '../../canonical/loss.ts'
import { scanJson } from '../../lib/json.ts'
import { comparable } from '../../../test/support/comparable-json.ts'
import { messagesRequest, toBody } from '../../../test/support/messages-requests.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeRequest } from './encode-request.ts'
import { sealer, upstreamContext } from './test-support.ts'

/** `encode(decode(body))` and whatever was reported as lost. */
function roundTrip(body: string): { body: string; losses: readonly string[] } {
  const losses = new LossList()
  const request = decodeRequest(scanJson(body), { sealer, headers: {}, losses })
  const encoded = encodeRequest(request, upstreamContext({ model: request.model, losses }))
  return { body: encoded.body, losses: losses.losses.map(({ field }) => field) }
}

function expectIdentity(body: string): void {
  const result = roundTrip(body)
  expect(comparable(result.body)).toEqual(comparable(body))
  expect(result.losses).toEqual([])
}

describe('encodeRequest() after decodeRequest()', () => {
  it('gives the same JSON for any request (property, law 1)', () => {
    fc.assert(
      fc.property(messagesRequest, (value) => expectIdentity(toBody(value))),
      { numRuns: 1500 },
    )
  })

  it('gives the same bytes for the same request', () => {
    fc.assert(
      fc.property(messagesRequest, (value) => {
        const body = toBody(value)
        expect(roundTrip(body).body).toBe(roundTrip(body).body)
      }),
      { numRuns: 50 },
    )
  })
})
