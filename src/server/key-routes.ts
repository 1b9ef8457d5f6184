import { changesOf, keyToJson, overlapOf, rulesOf } from '../admission/key-json.ts'
import { USUAL_OVERLAP } from '../admission/key-registry.ts'
import type { IssuedKey, KeyRegistry } from '../admission/key-registry.ts'
import type { VirtualKey } from '../admission/virtual-key.ts'
import { GatewayError } from '../lib/error.ts'
import { parseJson, toJsonText } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRequest, PlainRoute } from './plain-route.ts'

export interface KeyDoor {
  /** The keys of the store. */
  readonly registry: KeyRegistry
  /** Those of the config, which only its file can change. */
  readonly configured: () => readonly VirtualKey[]
  /** Unix milliseconds. */
  wallClock(): number
}

const KEYS = '/admin/keys'
const KEY = `${KEYS}/{id}`

/**
 * `POST` and `GET /admin/keys`; `GET`, `PATCH` and `DELETE /admin/keys/{id}`, where `{id}` is the id or the name of a key;
 * `POST /admin/keys/{id}/rotate`. A key's secret is in the answers to the two that make one, and nowhere else.
 */
export function keyRoutes(door: KeyDoor): readonly PlainRoute[] {
  const { registry, configured } = door
  const now = (): number => door.wallClock()
  const stored = (key: VirtualKey): JsonValue => keyToJson(key, 'store', now())
  const issued = ({ key, secret }: IssuedKey): JsonValue => ({ ...keyToJson(key, 'store', now()), key: secret })
  const configuredAs = ({ params: { id } }: PlainRequest): VirtualKey | undefined =>
    configured().find((key) => key.id === id || key.name === id)
  const idOf = (request: PlainRequest): string => {
    if (configuredAs(request) === undefined) return request.params['id'] ?? ''
    const message = 'This key stands in the config file, and is changed there.'
    throw new GatewayError('invalid_request', message, { status: 409, shouldRetry: false })
  }
  const route = (
    method: PlainRoute['method'],
    path: string,
    answer: (request: PlainRequest) => Promise<PlainAnswer>,
  ): PlainRoute => ({ method, path, access: 'admin', answer })

  return [
    route('POST', KEYS, async ({ body }) => answerWith(201, issued(await registry.create(rulesOf(jsonOf(body)))))),
    route('GET', KEYS, async () => {
      const keys = [
        ...configured().map((key) => keyToJson(key, 'config', now())),
        ...(await registry.list()).map(stored),
      ]
      return answerWith(200, { keys })
    }),
    route('GET', KEY, async (request) => {
      const own = configuredAs(request)
      return answerWith(
        200,
        own === undefined ? stored(await registry.get(idOf(request))) : keyToJson(own, 'config', now()),
      )
    }),
    route('PATCH', KEY, async (request) =>
      answerWith(200, stored(await registry.change(idOf(request), changesOf(jsonOf(request.body))))),
    ),
    route('DELETE', KEY, async (request) => {
      if (!isForgetting(request.query)) return answerWith(200, stored(await registry.revoke(idOf(request))))
      await registry.forget(idOf(request))
      return answerWith(200, { forgotten: true })
    }),
    route('POST', `${KEY}/rotate`, async (request) => {
      const overlap = overlapOf(request.body.length === 0 ? {} : jsonOf(request.body), USUAL_OVERLAP)
      return answerWith(200, issued(await registry.rotate(idOf(request), overlap)))
    }),
  ]
}

function answerWith(status: number, value: JsonValue): PlainAnswer {
  return jsonAnswer(status, toJsonText(value))
}

function isForgetting(query: string): boolean {
  const asked = [...new URLSearchParams(query)]
  if (asked.length === 0) return false
  if (asked.length === 1 && asked[0]?.[0] === 'forget' && asked[0][1] === 'true') return true
  throw new GatewayError('invalid_request', 'DELETE /admin/keys/{id} takes ?forget=true, or nothing.')
}

function jsonOf(body: Buffer): JsonValue {
  try {
    return parseJson(body.toString('utf8'))
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw new GatewayError('invalid_json', 'The body is no JSON.', { cause: thrown })
    throw thrown
  }
}
