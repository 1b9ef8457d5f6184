import type { ModelCapabilities } from '../canonical/capabilities.ts'
import type { Effort } from '../canonical/effort.ts'
import { claudeModel, isOpenAiModel, plainModelName } from './name.ts'
import type { ClaudeClass } from './name.ts'

/** What a family of models takes that no catalog lists. Fields that are absent are left to the catalog. */
export type FamilyTraits = Partial<ModelCapabilities>

/** Null for families that the gateway knows nothing special of. */
export function familyTraits(model: string): FamilyTraits | null {
  return claudeTraits(model) ?? openAiTraits(model) ?? otherTraits(model)
}

interface ClaudeRow {
  /** The version from which this holds, as `ClaudeModel.version`. */
  readonly since: number
  /** Null: every class. */
  readonly classes: readonly ClaudeClass[] | null
  readonly traits: FamilyTraits
}

const LOW_TO_HIGH: readonly Effort[] = ['low', 'medium', 'high']
const LOW_TO_MAX: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max']

const NO_SAMPLING = { sampling: false, efforts: LOW_TO_MAX, structuredOutput: true, documents: true, tools: true }
const SAMPLING = { sampling: true, forcedToolChoice: true, midSystem: false, vision: true, tools: true }

/**
 * Newest first; the first row that fits counts. A model newer than all of them is taken for the newest of its class:
 * what Anthropic stopped accepting has never come back.
 *
 * From 5.5 on (fable and mythos: 5.1) the API answers a forced `tool_choice` with 400.
 * https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
 */
const CLAUDE: readonly ClaudeRow[] = [
  {
    since: 505,
    classes: ['opus'],
    traits: { ...NO_SAMPLING, thinking: ['adaptive'], forcedToolChoice: false, midSystem: true },
  },
  {
    since: 505,
    classes: ['sonnet'],
    traits: { ...NO_SAMPLING, thinking: ['adaptive', 'between_tools'], forcedToolChoice: false, midSystem: true },
  },
  {
    since: 505,
    classes: ['haiku'],
    traits: { ...NO_SAMPLING, thinking: ['adaptive', 'disabled'], forcedToolChoice: false, midSystem: true },
  },
  {
    since: 501,
    classes: ['fable', 'mythos'],
    traits: { ...NO_SAMPLING, thinking: ['adaptive'], forcedToolChoice: false, midSystem: true },
  },
  {
    since: 500,
    classes: ['fable', 'mythos'],
    traits: { ...NO_SAMPLING, thinking: ['adaptive'], forcedToolChoice: true, midSystem: true },
  },
  {
    since: 408,
    classes: null,
    traits: { ...NO_SAMPLING, thinking: ['adaptive', 'disabled'], forcedToolChoice: true, midSystem: true },
  },
  {
    since: 407,
    classes: null,
    traits: { ...NO_SAMPLING, thinking: ['adaptive', 'disabled'], forcedToolChoice: true, midSystem: false },
  },
  {
    since: 406,
    classes: null,
    traits: {
      ...SAMPLING,
      thinking: ['adaptive', 'enabled', 'disabled'],
      efforts: [...LOW_TO_HIGH, 'max'],
      structuredOutput: true,
      documents: true,
    },
  },
  {
    since: 405,
    classes: ['opus'],
    traits: {
      ...SAMPLING,
      thinking: ['enabled', 'disabled'],
      efforts: LOW_TO_HIGH,
      structuredOutput: true,
      documents: true,
    },
  },
  {
    since: 401,
    classes: null,
    traits: { ...SAMPLING, thinking: ['enabled', 'disabled'], efforts: [], structuredOutput: true, documents: true },
  },
  {
    since: 307,
    classes: null,
    traits: { ...SAMPLING, thinking: ['enabled', 'disabled'], efforts: [], structuredOutput: false, documents: true },
  },
  {
    since: 305,
    classes: null,
    traits: { ...SAMPLING, thinking: [], efforts: [], structuredOutput: false, documents: true },
  },
  {
    since: 300,
    classes: null,
    traits: { ...SAMPLING, thinking: [], efforts: [], structuredOutput: false, documents: false },
  },
  {
    since: 0,
    classes: null,
    traits: {
      ...SAMPLING,
      vision: false,
      tools: false,
      thinking: [],
      efforts: [],
      structuredOutput: false,
      documents: false,
    },
  },
]

function claudeTraits(name: string): FamilyTraits | null {
  const model = claudeModel(name)
  if (model === null) return null
  const row = CLAUDE.find(
    ({ since, classes }) =>
      model.version >= since && (classes === null || (model.class !== null && classes.includes(model.class))),
  )
  return row?.traits ?? null
}

interface NameRow {
  readonly pattern: RegExp
  readonly traits: FamilyTraits
}

const NO_REASONING: FamilyTraits = { sampling: true, efforts: [] }

/** https://developers.openai.com/api/docs/models: the first pattern that fits counts. */
const OPENAI: readonly NameRow[] = [
  { pattern: /^gpt-3\.5|^gpt-4(?:-\d{4}|-32k|$)/, traits: { ...NO_REASONING, vision: false, structuredOutput: false } },
  { pattern: /^gpt-4-turbo|^gpt-4o-2024-05-13$/, traits: { ...NO_REASONING, structuredOutput: false } },
  { pattern: /^chatgpt-|^gpt-[5-9].*-chat|^chat-latest$/, traits: NO_REASONING },
  { pattern: /^gpt-4/, traits: NO_REASONING },
  {
    pattern: /^o1-(?:mini|preview)/,
    traits: { sampling: false, efforts: [], tools: false, vision: false, structuredOutput: false, midSystem: false },
  },
  { pattern: /^o\d/, traits: { sampling: false, efforts: LOW_TO_HIGH } },
  { pattern: /^gpt-5(?:-|$)/, traits: { sampling: false, efforts: ['minimal', ...LOW_TO_HIGH] } },
  { pattern: /^gpt-|^codex-/, traits: { sampling: false, efforts: ['none', ...LOW_TO_HIGH, 'xhigh'] } },
]

function openAiTraits(name: string): FamilyTraits | null {
  return isOpenAiModel(name) ? fitting(OPENAI, name) : null
}

const OTHERS: readonly NameRow[] = [
  // Perplexity's models search by themselves and call nothing.
  { pattern: /^(?:r1-1776|sonar)/, traits: { tools: false } },
  { pattern: /embed|rerank|whisper|tts/, traits: { tools: false, vision: false, documents: false } },
]

function otherTraits(name: string): FamilyTraits | null {
  return fitting(OTHERS, name)
}

function fitting(rows: readonly NameRow[], name: string): FamilyTraits | null {
  const plain = plainModelName(name)
  return rows.find(({ pattern }) => pattern.test(plain))?.traits ?? null
}
