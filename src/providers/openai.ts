import { OPENAI_CHAT_DIALECT } from '../protocols/dialect.ts'
import { EFFORTS } from '../canonical/effort.ts'
import { chatEndpoint, defineProvider, withQuirks } from './define.ts'
import type { ModelQuirks } from './define.ts'

/** https://developers.openai.com/api/docs/guides/reasoning: what each generation of models understands. */
const BY_MODEL: readonly ModelQuirks[] = [
  {
    // Reasoning models: the system prompt is a developer message, and stop sequences are refused.
    models: /^(?:o\d|gpt-[5-9](?!.*-chat)|codex-)/,
    quirks: { systemRole: 'developer', maxStop: 0, reasoning: { efforts: EFFORTS } },
  },
  {
    // The first generations took no log probabilities and no penalties either, whatever the effort.
    models: /^(?:o\d|gpt-5(?:-|$)(?!chat))/,
    quirks: { rejects: ['presence_penalty', 'frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs'] },
  },
  { models: /^o1|^o3-mini/, quirks: { parallelToolCalls: false } },
  { models: /^(?:gpt-5\.[6-9]|gpt-[6-9]|gpt-daybreak)/, quirks: { cacheMarks: 'breakpoint' } },
  { models: /search/, quirks: { webSearch: 'web_search_options' } },
]

export const openai = defineProvider({
  type: 'openai',
  name: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  keyVariables: ['OPENAI_API_KEY'],
  endpoints: [chatEndpoint(withQuirks(OPENAI_CHAT_DIALECT, { cacheMarks: 'none', webSearch: null }), BY_MODEL)],
  keyPage: 'https://platform.openai.com/api-keys',
})
