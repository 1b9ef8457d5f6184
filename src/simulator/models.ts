import { agentAnswer, callTools, jsonAnswer, quoteResults } from './agent.ts'
import type { Answer, AnswerPart, MessageAnswer, Stop } from './answer.ts'
import { textAnswer } from './answer.ts'
import type { SimulatorRequest } from './request.ts'
import { lastUserText } from './request.ts'
import type { Settings } from './settings.ts'
import type { ListedModel } from './vendor.ts'

/** A model of the simulator: how it answers, whatever it is asked. */
export interface SimulatorModel extends ListedModel {
  readonly answer: (request: SimulatorRequest) => Answer
  /** How it differs from the usual settings. */
  readonly settings: Partial<Settings>
}

const MAX_INPUT_TOKENS = 1_000_000
const MAX_OUTPUT_TOKENS = 128_000

const SHORT = 12
const LONG = 2000

function model(
  id: string,
  about: string,
  answer: (request: SimulatorRequest) => Answer,
  settings: Partial<Settings> = {},
): SimulatorModel {
  return { id, about, answer, settings, maxInputTokens: MAX_INPUT_TOKENS, maxOutputTokens: MAX_OUTPUT_TOKENS }
}

/** Text that the simulator makes up, of as many tokens as the request's settings ask for. */
function sample(tokens = SHORT): (request: SimulatorRequest) => MessageAnswer {
  return (request) => ({ kind: 'message', parts: [samplePart(request, tokens)] })
}

function samplePart(request: SimulatorRequest, tokens = SHORT): AnswerPart {
  return { type: 'sample', tokens: request.settings.tokens ?? tokens }
}

function stopping(stop: Stop): (request: SimulatorRequest) => MessageAnswer {
  return (request) => ({ ...sample()(request), stop })
}

const THOUGHT = 'First I look at what was asked, then I answer it.'

const ALL_MODELS: readonly SimulatorModel[] = [
  model(
    'agent',
    'does what [[call NAME {...}]], [[say TEXT]], [[think TEXT]], [[then]] in the prompt say',
    agentAnswer,
  ),
  model('echo', 'repeats the last user text', ({ turns }) => textAnswer(lastUserText(turns))),
  model('text', 'a short text', sample()),
  model('long', 'a text of 2000 tokens', sample(LONG)),
  model('slow', 'a short text that takes its time', sample(), { ttft: 1000, gap: 200 }),
  model('empty', 'nothing at all', () => ({ kind: 'message', parts: [] })),
  model('thinking', 'signed thinking, then text', (request) => ({
    kind: 'message',
    parts: [{ type: 'thinking', text: THOUGHT }, samplePart(request)],
  })),
  model('redacted-thinking', 'thinking, redacted thinking, then text', (request) => ({
    kind: 'message',
    parts: [{ type: 'thinking', text: THOUGHT }, { type: 'redacted-thinking' }, samplePart(request)],
  })),
  model(
    'bound-thinking',
    'thinking that is only valid behind the prompt that produced it',
    (request) => ({ kind: 'message', parts: [{ type: 'thinking', text: THOUGHT }, samplePart(request)] }),
    { bind: true },
  ),
  model('tools', "calls the client's first tool, then quotes its result", (request) => resultsOr(request, 1)),
  model('parallel-tools', "calls the client's first two tools at once", (request) => resultsOr(request, 2)),
  model('function-call', 'the legacy function_call of OpenAI', (request) => {
    const answer = resultsOr(request, 1)
    const calls = answer.parts.some(({ type }) => type === 'tool-call')
    return calls ? { ...answer, stop: 'function-call' } : answer
  }),
  model('json', 'JSON that the requested schema allows', jsonAnswer),
  model('refusal', 'declines without a word', declined),
  model('content-filter', 'a text that is cut off by a filter', stopping('content-filter')),
  model('max-tokens', 'a text that reached its limit', stopping('max-tokens')),
  model('stop-sequence', "a text that met the client's first stop sequence", (request) => ({
    ...stopping('stop-sequence')(request),
    stopSequence: request.stopSequences[0] ?? 'STOP',
  })),
  model('pause', 'a turn that is to be continued', paused),
  model('context-window', 'a text that filled the context window', stopping('context-window')),
  model('unknown-block', 'a content block of a type from the future, then text', (request) => ({
    kind: 'message',
    parts: [{ type: 'block', block: { type: 'future_block', payload: { answer: 42 } } }, samplePart(request)],
  })),
  {
    ...model('small', 'a window of 4096 tokens, of which it may write 1024', sample()),
    maxInputTokens: 4096,
    maxOutputTokens: 1024,
  },
  model('cut', 'the connection is reset in the middle', sample(), { fault: { kind: 'cut', after: 5 } }),
  model('stall', 'falls silent in the middle', sample(), { fault: { kind: 'stall', after: 5 } }),
  model('garbage', 'an event of broken JSON in the middle', sample(), { fault: { kind: 'garbage', after: 5 } }),
  model('stream-error', 'an error event in the middle', sample(), { fault: { kind: 'error', after: 5 } }),
  model('truncated', 'ends without saying so', sample(), { fault: { kind: 'truncated' } }),
  ...[400, 401, 402, 403, 404, 429, 500, 503, 529].map(errorModel),
]

const BY_ID: ReadonlyMap<string, SimulatorModel> = new Map(ALL_MODELS.map((entry) => [entry.id, entry]))

/** The models that the simulator lists. */
export const SIMULATOR_MODELS: readonly SimulatorModel[] = ALL_MODELS

/** The model of that name. `error-<status>` exists for every status; any other name is an agent. */
export function findModel(name: string): SimulatorModel {
  const listed = BY_ID.get(name)
  if (listed !== undefined) return listed
  const status = /^error-([45]\d\d)$/.exec(name)?.[1]
  return status === undefined ? model(name, 'an agent', agentAnswer) : errorModel(Number(status))
}

function errorModel(status: number): SimulatorModel {
  return model(`error-${status}`, `fails with status ${status}`, sample(), { fault: { kind: 'status', status } })
}

function resultsOr(request: SimulatorRequest, calls: number): MessageAnswer {
  const results = request.turns.at(-1)?.results ?? []
  return results.length > 0 ? quoteResults(results) : callTools(request, calls)
}

/** The vendors differ: Anthropic may leave the content out altogether, OpenAI says it in a field of its own. */
function declined({ vendor }: SimulatorRequest): MessageAnswer {
  const parts: AnswerPart[] =
    vendor === 'openai' ? [{ type: 'refusal', text: "I'm sorry, I can't help with that." }] : []
  return { kind: 'message', parts, stop: 'refusal' }
}

/** A continued turn comes back as the last message, and then it ends. */
function paused(request: SimulatorRequest): MessageAnswer {
  return request.turns.at(-1)?.role === 'assistant' ? sample()(request) : stopping('pause')(request)
}
