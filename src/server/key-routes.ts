import { keyToJson } from '../admission/key-view.ts'
import type { IssuedKey, KeyRegistry } from '../admission/key-registry.ts'
import type { VirtualKey } from '../admission/virtual-key.ts'
import { GatewayError } from '../lib/error.ts'
import { toJsonText } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import { operationRoute } from './operation.ts'
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
  const load = () => import('./operations/keys.ts')
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

  return [
    operationRoute(
      'POST',
      KEYS,
      'admin',
      async () => (await load()).CREATE,
      async ({ body }) => answerWith(201, issued(await registry.create(body))),
    ),
    operationRoute(
      'GET',
      KEYS,
      'admin',
      async () => (await load()).LIST,
      async () => {
        const keys = [
          ...configured().map((key) => keyToJson(key, 'config', now())),
          ...(await registry.list()).map(stored),
        ]
        return answerWith(200, { keys })
      },
    ),
    operationRoute(
      'GET',
      KEY,
      'admin',
      async () => (await load()).GET,
      async (_, request) => {
        const own = configuredAs(request)
        return answerWith(
          200,
          own === undefined ? stored(await registry.get(idOf(request))) : keyToJson(own, 'config', now()),
        )
      },
    ),
    operationRoute(
      'PATCH',
      KEY,
      'admin',
      async () => (await load()).CHANGE,
      async ({ body }, request) => answerWith(200, stored(await registry.change(idOf(request), body))),
    ),
    operationRoute(
      'DELETE',
      KEY,
      'admin',
      async () => (await load()).REVOKE,
      async ({ query }, request) => {
        if (query.forget === undefined) return answerWith(200, stored(await registry.revoke(idOf(request))))
        await registry.forget(idOf(request))
        return answerWith(200, { forgotten: true })
      },
    ),
    operationRoute(
      'POST',
      `${KEY}/rotate`,
      'admin',
      async () => (await load()).ROTATE,
      async ({ body }, request) => answerWith(200, issued(await registry.rotate(idOf(request), body.overlap))),
    ),
  ]
}

function answerWith(status: number, value: JsonValue): PlainAnswer {
  return jsonAnswer(status, toJsonText(value))
}
