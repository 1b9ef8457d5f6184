import { definitionOf, EFFORT_OF_GPT_OSS, NO_SWITCH, TEMPLATE } from './compatible-row.ts'
import type { CompatibleProvider } from './compatible-row.ts'
import type { ProviderDefinition } from './provider.ts'

/** Models that Ollama can have think; it answers 400 when asked for thoughts of any other. */
const THINKS_ON_OLLAMA =
  /gpt-oss|qwen3|qwq|deepseek-(?:r1|v[3-9])|magistral|ministral-3|glm-[45]|kimi-k[2-9]|minimax-m|nemotron-[3-9]|gemma-?[4-9]|cogito/

/** Servers that people run on their own machine, found there by their usual port. They answer without a key. */
export const LOCAL_SERVERS = {
  'llama-cpp': {
    name: 'llama.cpp server',
    baseUrl: 'http://127.0.0.1:8080/v1',
    keys: [],
    keyRequired: false,
    localPort: 8080,
    quirks: { maxStop: null, thinkTags: true, reasoning: TEMPLATE, userField: null },
  },
  'lm-studio': {
    name: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    keys: [],
    keyRequired: false,
    localPort: 1234,
    quirks: { namedToolChoice: false, maxStop: null, thinkTags: true, reasoning: NO_SWITCH, userField: null },
    models: [EFFORT_OF_GPT_OSS],
  },
  localai: {
    name: 'LocalAI',
    baseUrl: 'http://127.0.0.1:8080/v1',
    keys: [],
    keyRequired: false,
    localPort: 8080,
    quirks: { maxStop: null, thinkTags: true, reasoning: NO_SWITCH, userField: null },
  },
  ollama: {
    name: 'Ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    keys: [],
    keyRequired: false,
    localPort: 11_434,
    quirks: {
      requiredToolChoice: null,
      namedToolChoice: false,
      parallelToolCalls: false,
      maxStop: null,
      thinkTags: true,
      reasoning: { ...NO_SWITCH, sendBack: 'reasoning' },
      userField: null,
    },
    models: [
      {
        models: THINKS_ON_OLLAMA,
        quirks: { reasoning: { request: 'effort', efforts: ['none', 'low', 'medium', 'high'] } },
      },
    ],
  },
  sglang: {
    name: 'SGLang',
    baseUrl: 'http://127.0.0.1:30000/v1',
    keys: [],
    keyRequired: false,
    localPort: 30_000,
    quirks: { maxStop: null, thinkTags: true, reasoning: TEMPLATE },
    models: [EFFORT_OF_GPT_OSS],
  },
  vllm: {
    name: 'vLLM',
    baseUrl: 'http://127.0.0.1:8000/v1',
    keys: [],
    keyRequired: false,
    localPort: 8000,
    quirks: { maxStop: null, thinkTags: true, reasoning: { ...TEMPLATE, sendBack: 'reasoning' } },
    models: [EFFORT_OF_GPT_OSS],
  },
} as const satisfies Record<string, CompatibleProvider>

export const LOCAL_PROVIDERS: readonly ProviderDefinition[] = Object.entries(LOCAL_SERVERS).map(([type, row]) =>
  definitionOf(type, row),
)
