import { explain } from '../exchange/explain.ts'
import type { ExplainedCandidate, RouteExplanation } from '../exchange/explain.ts'
import type { ExchangeDependencies } from '../exchange/dependencies.ts'
import { GatewayError } from '../lib/error.ts'
import { toJsonText } from '../lib/json.ts'
import type { JsonText, JsonValue } from '../lib/json.ts'
import { nearestNames } from '../lib/nearest-name.ts'
import { capabilitiesOf } from '../models/capabilities.ts'
import { PROTOCOL_LIST } from '../protocols/index.ts'
import { capabilitiesView } from '../protocols/openai-chat/models.ts'
import type { Provider } from '../providers/provider.ts'
import type { Asker, ChatQuestion } from '../server/model-routes.ts'
import { CHAT_PARAMETERS } from './chat-parameters.ts'
import { explainRequest } from './explain-request.ts'

export interface ModelDeskState {
  readonly exchange: ExchangeDependencies
  readonly providers: readonly Provider[]
}

type Fields = { readonly [name: string]: JsonValue }

/** Each is a dry run of its own. */
const MOST_PARAMETERS = 100
const PATH = '/v1/chat/completions'
const QUESTION: Fields = { messages: [{ role: 'user', content: 'Hello' }] }
/** Not parameters: what is asked, of whom. */
const ESSENCE: ReadonlySet<string> = new Set(['model', 'messages', 'session_id'])

/** Answers questions about models and parameters by dry runs of the code that would serve the request. */
export class ModelDesk {
  readonly #state: () => ModelDeskState

  constructor(state: () => ModelDeskState) {
    this.#state = state
  }

  async capabilities(model: string, asker: Asker): Promise<JsonText> {
    const chosen = firstOf(await this.#explain({ ...QUESTION, model }, asker))
    const provider = this.#state().providers.find(({ id }) => id === chosen.provider)
    const type = provider?.definition.type ?? ''
    return toJsonText({
      id: model,
      object: 'model.capabilities',
      provider: chosen.provider,
      model: chosen.model,
      capabilities: capabilitiesView(capabilitiesOf(type, chosen.model, provider?.capabilities)),
    })
  }

  async validate(model: string, asker: Asker): Promise<JsonText> {
    try {
      const explanation = await this.#explain({ ...QUESTION, model }, asker)
      const { provider, model: resolved } = firstOf(explanation)
      return toJsonText({ model, valid: true, provider, resolved_model: resolved, reason: explanation.reason })
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown
      const { code, message } = thrown
      return toJsonText({ model, valid: false, error: { code, message }, suggestions: this.#nearest(model, asker) })
    }
  }

  async compatibility(given: ChatQuestion, asker: Asker): Promise<JsonText> {
    const { model } = given
    const names = Object.keys(given).filter((name) => !ESSENCE.has(name))
    if (names.length > MOST_PARAMETERS)
      throw new GatewayError('invalid_request', `body: has more than ${MOST_PARAMETERS} parameters.`)
    const messages = given['messages'] ?? QUESTION['messages'] ?? []
    const whole = Object.fromEntries([
      ['model', model],
      ['messages', messages],
      ...names.map((name) => [name, given[name] ?? null] as const),
    ])
    const explanation = await this.#explain(whole, asker)
    const { provider, model: resolved, plan, refusal } = firstOf(explanation)
    const parameters: Verdict[] = []
    const asked = names.length === 0 ? CHAT_PARAMETERS.map(({ name }) => name) : names
    for (const name of asked) parameters.push(await this.#verdict(name, given, asker))
    return toJsonText({
      object: 'compatibility',
      model,
      provider,
      resolved_model: resolved,
      plan,
      compatible: refusal === null && parameters.every(({ status }) => status === 'honoured'),
      refusal,
      parameters: parameters.map((verdict) => ({ ...verdict })),
      suggestions: parameters.flatMap(suggestionFor),
    })
  }

  /** What becomes of one parameter in a request that has nothing else which it does not need. */
  async #verdict(name: string, given: ChatQuestion, asker: Asker): Promise<Verdict> {
    const known = CHAT_PARAMETERS.find((parameter) => parameter.name === name)
    const needs = Object.fromEntries(
      Object.entries(known?.needs ?? {}).map(([other, example]) => [other, given[other] ?? example]),
    )
    const request = { ...QUESTION, model: given.model, ...needs, [name]: given[name] ?? known?.value ?? null }
    try {
      const { losses, refusal } = firstOf(await this.#explain(request, asker))
      if (refusal !== null) return { parameter: name, status: 'refused', why: refusal }
      const loss = losses.find(({ field }) => field === name || field.startsWith(`${name}.`))
      return { parameter: name, status: loss?.how ?? 'honoured', why: loss?.why ?? null }
    } catch (thrown) {
      if (!(thrown instanceof GatewayError) || thrown.code === 'model_not_found') throw thrown
      return { parameter: name, status: 'refused', why: thrown.message }
    }
  }

  #explain(request: Fields, { id, principal }: Asker): Promise<RouteExplanation> {
    const headers = { 'content-type': 'application/json' }
    const body = Buffer.from(toJsonText({ ...request }))
    return explain(explainRequest(PROTOCOL_LIST, { path: PATH, headers, body }, principal, id), this.#state().exchange)
  }

  #nearest(model: string, { principal }: Asker): string[] {
    const { router, mayUse } = this.#state().exchange
    const usable = router.models().filter(({ id }) => mayUse(principal, id))
    return [
      ...nearestNames(
        model,
        usable.map(({ id }) => id),
      ),
    ]
  }
}

interface Verdict {
  readonly parameter: string
  readonly status: 'honoured' | 'substituted' | 'dropped' | 'refused'
  readonly why: string | null
}

function suggestionFor({ parameter, status, why }: Verdict): string[] {
  switch (status) {
    case 'honoured':
      return []
    case 'substituted':
      return [`${parameter}: ${why ?? 'something near it is sent instead'}.`]
    case 'dropped':
      return [`Leave out ${parameter}, or route to a model that has it: ${why ?? 'it is dropped'}.`]
    case 'refused':
      return [`Leave out ${parameter}: ${(why ?? 'it is refused.').replace(`${parameter}: `, '')}`]
    default:
      return status satisfies never
  }
}

/** The candidate that would be tried first. */
function firstOf({ candidates, chosen }: RouteExplanation): ExplainedCandidate {
  const found = candidates.find(({ deployment }) => deployment === chosen) ?? candidates[0]
  if (found === undefined) throw new GatewayError('no_candidate', 'No deployment can take this request now.')
  return found
}
