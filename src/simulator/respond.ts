import type { Headers } from '../lib/headers.ts'
import type { Answer, ErrorAnswer, MessageAnswer } from './answer.ts'
import { parseBody } from './body.ts'
import { composeMessage } from './compose.ts'
import type { Fault } from './fault.ts'
import { digest, seedOf } from './identity.ts'
import type { JsonObject } from './json-object.ts'
import { textOf } from './json-object.ts'
import type { SimulatorModel } from './models.ts'
import { findModel } from './models.ts'
import type { Playback, PlaybackContext } from './playback.ts'
import { errorPlayback, rawPlayback, refusedPlayback, streamPlayback, wholePlayback } from './playback.ts'
import { PromptCache } from './prompt-cache.ts'
import type { SimulatorRequest } from './request.ts'
import type { Settings } from './settings.ts'
import { DEFAULT_SETTINGS, nameOfModel, readSettings } from './settings.ts'
import type { Problem, Vendor } from './vendor.ts'
import { invalid } from './vendor.ts'

/** Decides instead of the model; null leaves it to the model. */
export type Script = (request: SimulatorRequest) => Answer | null | Promise<Answer | null>

export interface ResponderOptions {
  readonly script: Script | null
  /** The only key that is accepted, null accepts all and none. */
  readonly apiKey: string | null
  /** False takes requests that the vendor would refuse. */
  readonly validate: boolean
}

/** A request as it came in. */
export interface Incoming {
  readonly headers: Headers
  readonly body: Buffer
}

/** Decides on answers. Its only memory is what `times` and `cache=auto` need. */
export class Responder {
  readonly #options: ResponderOptions
  readonly #cache = new PromptCache()
  readonly #failures = new Map<string, number>()

  constructor(options: ResponderOptions) {
    this.#options = options
  }

  /** The model's answer, or the error that the vendor would give. */
  async answer(vendor: Vendor, incoming: Incoming): Promise<Playback> {
    const call = this.#open(vendor, incoming)
    if ('ending' in call) return call
    const { context, model } = call
    const request = this.#read(call, incoming.headers)
    if ('status' in request) return errorPlayback(context, request)
    const answer = (await this.#options.script?.(request)) ?? model.answer(request)
    if (answer.kind === 'error') return errorPlayback(context, problemOf(answer), answer.headers)
    if (answer.kind === 'raw') return rawPlayback(context, answer)
    return this.#playMessage(context, request, answer, call)
  }

  /** How many tokens the prompt has, for vendors that tell. */
  count(vendor: Vendor, incoming: Incoming): Playback {
    const call = this.#open(vendor, incoming)
    if ('ending' in call) return call
    // Nothing is generated, so a limit for it is not asked for.
    const request = this.#read(
      { ...call, body: { max_tokens: call.model.maxOutputTokens, ...call.body } },
      incoming.headers,
    )
    if ('status' in request) return errorPlayback(call.context, request)
    return wholePlayback(call.context, JSON.stringify({ input_tokens: request.inputTokens }), 0)
  }

  /** Everything up to the body's own rules: key, JSON, settings, and faults that spare the model the work. */
  #open(vendor: Vendor, incoming: Incoming): Call | Playback {
    const requestId = requestIdOf(incoming.body)
    const plain: PlaybackContext = { vendor, settings: DEFAULT_SETTINGS, fault: null, requestId }
    const refusal = this.refusal(plain, incoming.headers)
    if (refusal !== null) return refusal
    const parsed = parseBody(incoming.body, incoming.headers['content-encoding'] ?? 'identity')
    if ('problem' in parsed) return errorPlayback(plain, parsed.problem)
    const name = textOf(parsed.body['model']) ?? ''
    const model = findModel(nameOfModel(name))
    const settings = readSettings({ ...DEFAULT_SETTINGS, ...model.settings }, name, incoming.headers)
    if (typeof settings === 'string') return errorPlayback(plain, invalid(settings, 'model'))
    const context = { ...plain, settings, fault: this.#fault(vendor, name, settings) }
    return failurePlayback(context) ?? { body: parsed.body, name, model, context }
  }

  /** The answer to a key that is not the one; null when it is. */
  refusal(context: PlaybackContext, headers: Headers): Playback | null {
    const { apiKey } = this.#options
    const isKnown =
      apiKey === null || headers['x-api-key'] === apiKey || headers['authorization'] === `Bearer ${apiKey}`
    return isKnown ? null : errorPlayback(context, UNAUTHORIZED)
  }

  /** The fault of this request, which with `times` the first ones alone get. */
  #fault(vendor: Vendor, name: string, { fault, times }: Settings): Fault | null {
    if (fault === null || times === null) return fault
    const key = JSON.stringify([vendor.id, name, fault])
    const failed = this.#failures.get(key) ?? 0
    this.#failures.set(key, failed + 1)
    return failed < times ? fault : null
  }

  #read({ body, context, model, name }: Call, headers: Headers): SimulatorRequest | Problem {
    const { settings, vendor } = context
    if (this.#options.validate) for (const problem of vendor.problems(body, headers, settings)) return problem
    const conversation = vendor.read(body)
    const { inputTokens, maxTokens } = conversation
    if (inputTokens > model.maxInputTokens) return vendor.promptTooLong(inputTokens, model.maxInputTokens)
    if ((maxTokens ?? 0) > model.maxOutputTokens) return vendor.answerTooLong(maxTokens ?? 0, model)
    return {
      ...conversation,
      vendor: vendor.id,
      headers,
      body,
      model: name,
      name: model.id,
      stream: body['stream'] === true,
      settings,
      seed: seedOf(name, inputTokens, conversation.turns),
    }
  }

  #playMessage(context: PlaybackContext, request: SimulatorRequest, answer: MessageAnswer, call: Call): Playback {
    const { settings, fault } = settingsWithAnswer(context, answer, call, request.headers)
    const final = { ...context, settings, fault }
    const failure = failurePlayback(final)
    if (failure !== null) return failure
    const { vendor } = context
    const cache = settings.cache === 'auto' ? this.#cache.look(request.body, request.inputTokens) : NO_CACHE
    const prefix = settings.bind ? vendor.promptDigest(request.body) : null
    const message = composeMessage(request, answer, settings, cache, prefix)
    if (request.stream) return streamPlayback(final, vendor.stream(message, request, settings), answer.hold)
    return wholePlayback(final, vendor.whole(message, request, settings), message.usage.output)
  }
}

interface Call {
  readonly body: JsonObject
  /** The model as asked for, with its settings. */
  readonly name: string
  readonly model: SimulatorModel
  readonly context: PlaybackContext
}

const NO_CACHE = { cached: 0, written: 0 }

const UNAUTHORIZED: Problem = { status: 401, message: 'Incorrect API key provided.' }

/** An error or a refused connection, which need no model. */
function failurePlayback(context: PlaybackContext): Playback | null {
  const { fault, settings } = context
  if (fault?.kind === 'drop') return refusedPlayback(context)
  if (fault?.kind !== 'status') return null
  const message = `The simulator was asked to fail with status ${fault.status}.`
  return errorPlayback(context, { status: fault.status, message, code: settings.code ?? undefined })
}

/** The settings that a script gave with its answer, under those that the request asks for. */
function settingsWithAnswer(
  context: PlaybackContext,
  answer: MessageAnswer,
  { model, name }: Call,
  headers: Headers,
): Pick<PlaybackContext, 'settings' | 'fault'> {
  if (answer.settings === undefined) return context
  const settings = readSettings({ ...DEFAULT_SETTINGS, ...model.settings, ...answer.settings }, name, headers)
  if (typeof settings === 'string') return context
  return { settings, fault: answer.settings.fault === undefined ? context.fault : settings.fault }
}

function problemOf(answer: ErrorAnswer): Problem {
  const { code, param, status, type } = answer
  return { status, message: answer.message ?? `The simulator failed with status ${status}.`, type, param, code }
}

/** From the ends of the body: a long one is not read for it. */
function requestIdOf(body: Buffer): string {
  const ends =
    body.length > 4096
      ? body.toString('latin1', 0, 2048) + body.toString('latin1', body.length - 2048)
      : body.toString('latin1')
  return `req_sim${digest(`${body.length} ${ends}`)}`
}
