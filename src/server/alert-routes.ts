import type { DestinationAnswer } from '../alerts/courier.ts'
import type { Rule, RuleTerms } from '../alerts/rule.ts'
import type { AlertList, AlertRule } from '../observe/alert-list.ts'
import { operationRoute } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRequest, PlainRoute } from './plain-route.ts'

/** Each throws GatewayError `invalid_request` for rules that there are not, or that cannot be made or removed. */
export interface AlertDoor {
  list(): Promise<AlertList>
  create(terms: RuleTerms): Promise<AlertRule>
  remove(idOrName: string): Promise<Rule>
  /** One message to every destination, as if the rule were broken. */
  test(idOrName: string): Promise<readonly DestinationAnswer[]>
}

const ALERTS = '/admin/alerts'
const NAMED = `${ALERTS}/{id}`

/** `GET` and `POST /admin/alerts`; `DELETE /admin/alerts/{id}`, by id or name; `POST /admin/alerts/{id}/test`. */
export function alertRoutes(door: AlertDoor): readonly PlainRoute[] {
  const load = () => import('./operations/alerts.ts')
  return [
    operationRoute(
      'GET',
      ALERTS,
      'admin',
      async () => (await load()).LIST,
      async () => answerWith(200, await door.list()),
    ),
    operationRoute(
      'POST',
      ALERTS,
      'admin',
      async () => (await load()).CREATE,
      async ({ body }) => answerWith(201, await door.create(body)),
    ),
    operationRoute(
      'DELETE',
      NAMED,
      'admin',
      async () => (await load()).REMOVE,
      async (_, request) => {
        const { id, name } = await door.remove(idOf(request))
        return answerWith(200, { id, name, deleted: true })
      },
    ),
    operationRoute(
      'POST',
      `${NAMED}/test`,
      'admin',
      async () => (await load()).TEST,
      async (_, request) => answerWith(200, { object: 'list', data: await door.test(idOf(request)) }),
    ),
  ]
}

function idOf({ params: { id } }: PlainRequest): string {
  return id ?? ''
}

function answerWith(status: number, value: object): PlainAnswer {
  return jsonAnswer(status, JSON.stringify(value))
}
