import type { DestinationAnswer } from '../alerts/courier.ts'
import type { Rule, RuleTerms } from '../alerts/rule.ts'
import { termsFrom } from '../alerts/rule-json.ts'
import { GatewayError } from '../lib/error.ts'
import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import type { AlertList, AlertRule } from '../observe/alert-list.ts'
import { described } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainRequest, PlainRoute } from './plain-route.ts'

/** Each throws GatewayError `invalid_request` for rules that there are not, or that cannot be made or removed. */
export interface AlertDoor {
  list(): Promise<AlertList>
  create(terms: RuleTerms): Promise<AlertRule>
  remove(idOrName: string): Promise<Rule>
  /** One message to every destination, as if the rule were broken. */
  test(idOrName: string): Promise<readonly DestinationAnswer[]>
}

const ALERTS = '/admin/alerts'

/** `GET` and `POST /admin/alerts`; `DELETE /admin/alerts/{id}`, by id or name; `POST /admin/alerts/{id}/test`. */
export function alertRoutes(door: AlertDoor): readonly PlainRoute[] {
  const route = (
    method: PlainRoute['method'],
    path: string,
    name: 'LIST' | 'CREATE' | 'REMOVE' | 'TEST',
    status: number,
    answer: (request: PlainRequest) => Promise<object>,
  ): PlainRoute => ({
    method,
    path: `${ALERTS}${path}`,
    access: 'admin',
    describe: described(async () => (await import('./operations/alerts.ts'))[name]),
    answer: async (request) => jsonAnswer(status, JSON.stringify(await answer(request))),
  })
  return [
    route('GET', '', 'LIST', 200, () => door.list()),
    route('POST', '', 'CREATE', 201, ({ body }) => door.create(termsFrom(jsonOf(body)))),
    route('DELETE', '/{id}', 'REMOVE', 200, async (request) => {
      const { id, name } = await door.remove(idOf(request))
      return { id, name, deleted: true }
    }),
    route('POST', '/{id}/test', 'TEST', 200, async (request) => ({
      object: 'list',
      data: await door.test(idOf(request)),
    })),
  ]
}

function idOf({ params: { id } }: PlainRequest): string {
  return id ?? ''
}

function jsonOf(body: Buffer): JsonValue {
  try {
    return parseJson(body.toString('utf8'))
  } catch {
    throw new GatewayError('invalid_json', 'The body is not JSON.')
  }
}
