import { readFile } from 'node:fs/promises'
import type { KeySetPlace } from '../admission/jwt.ts'
import type { FetchText } from './fetch-text.ts'

/** An issuer's JWK set as JSON text. Rejects where it cannot be had. */
export async function readKeySet(place: KeySetPlace, fetchText: FetchText): Promise<string> {
  switch (place.kind) {
    case 'inline':
      return place.text
    case 'file':
      return readFile(place.path, 'utf8')
    case 'url': {
      const { status, body } = await fetchText(place.url, { accept: 'application/json', 'accept-encoding': 'identity' })
      if (status !== 200) throw new Error(`${new URL(place.url).origin} answers ${status}`)
      return body
    }
    default:
      return place satisfies never
  }
}
