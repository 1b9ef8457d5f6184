import { setImmediate as othersTurn } from 'node:timers/promises'
import type { CanonicalRequest } from '../canonical/request.ts'
import { claudeModel } from './name.ts'
import { chatPromptTokens } from './tokens/chat-prompt.ts'
import { ClaudeEncoding } from './tokens/claude-encoding.ts'
import { claudePromptTokens } from './tokens/claude-prompt.ts'
import { OpenAiEncoding } from './tokens/openai-encoding.ts'

/** What a request says of its size without being decoded. */
export interface PromptSize {
  /** UTF-8 bytes of text, media left out. */
  readonly textBytes: number
  /** Images and documents, counted. */
  readonly media: number
  readonly messages: number
}

const BYTES_PER_TOKEN = 4
const TOKENS_PER_MEDIUM = 1300
const TOKENS_PER_MESSAGE = 4

/** A guess for routing, without looking at the text: about a fifth off for prose and code in English. */
export function estimateTokens({ textBytes, media, messages }: PromptSize): number {
  return Math.ceil(textBytes / BYTES_PER_TOKEN) + media * TOKENS_PER_MEDIUM + messages * TOKENS_PER_MESSAGE
}

/** Tokens of so many characters of an answer. */
export function estimateTextTokens(characters: number): number {
  return Math.ceil(characters / BYTES_PER_TOKEN)
}

/** The version from which Claude's second vocabulary counts. */
const SECOND_VOCABULARY = 407

/** Characters that are counted before others get their turn. */
const SLICE = 32_768

type Count = (text: string) => number

/**
 * Counts as the vendor's tokenizer does: Claude's two generations, and for all others the one of GPT-4o and later, which is
 * exact for OpenAI and within a tenth for most vendors. Vocabularies are loaded when they are first needed.
 */
export class TokenCounter {
  readonly #loaded = new Map<Vocabulary, Promise<Count>>()

  /** Tokens of a text alone. */
  async countText(text: string, model: string): Promise<number> {
    const count = await this.#counterFor(model)
    let total = 0
    let slices = 0
    for (const slice of slicesOf(text)) {
      if (slices++ > 0) await othersTurn()
      total += count(slice)
    }
    return total
  }

  /** Input tokens of a whole request: system prompt, tools, images, documents, thinking and what the vendor adds. */
  countTokens(request: CanonicalRequest, model: string): Promise<number> {
    const countText = (text: string): Promise<number> => this.countText(text, model)
    return claudeModel(model) === null
      ? chatPromptTokens(request, model, countText)
      : claudePromptTokens(request, model, countText)
  }

  #counterFor(model: string): Promise<Count> {
    const vocabulary = vocabularyOf(model)
    const known = this.#loaded.get(vocabulary)
    if (known !== undefined) return known
    const loading = load(vocabulary)
    this.#loaded.set(vocabulary, loading)
    return loading
  }
}

type Vocabulary = 'claude-first' | 'claude-second' | 'openai'

function vocabularyOf(model: string): Vocabulary {
  const claude = claudeModel(model)
  if (claude === null) return 'openai'
  return claude.version >= SECOND_VOCABULARY ? 'claude-second' : 'claude-first'
}

async function load(vocabulary: Vocabulary): Promise<Count> {
  if (vocabulary === 'openai') {
    const { default: data } = await import('./data/openai-vocabulary.json', { with: { type: 'json' } })
    const encoding = new OpenAiEncoding(data)
    return (text) => encoding.count(text)
  }
  const { default: data } = await import('./data/claude-vocabulary.json', { with: { type: 'json' } })
  const encoding = new ClaudeEncoding(vocabulary === 'claude-first' ? data.first : data.second)
  return (text) => encoding.count(text)
}

/** Pieces of text that can be counted one by one, cut at white space where there is some. */
function* slicesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const end = start + SLICE >= text.length ? text.length : cutBefore(text, start + SLICE)
    yield text.slice(start, end)
    start = end
  }
}

function cutBefore(text: string, limit: number): number {
  const space = Math.max(text.lastIndexOf(' ', limit), text.lastIndexOf('\n', limit))
  return space > limit - SLICE / 2 ? space : limit
}
