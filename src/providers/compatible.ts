import { EFFORTS } from '../canonical/effort.ts'
import { definitionOf, EFFORT_OF_GPT_OSS, NO_SWITCH } from './compatible-row.ts'
import type { CompatibleProvider } from './compatible-row.ts'
import type { ProviderDefinition } from './provider.ts'

/** Vendors that speak OpenAI Chat: one row each, quirks as data. A new vendor is a new row, and nothing else. */
export const COMPATIBLE = {
  cerebras: {
    name: 'Cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    keys: ['CEREBRAS_API_KEY'],
    keyPage: 'https://cloud.cerebras.ai',
    quirks: {
      maxTokensField: 'max_completion_tokens',
      strictTools: true,
      reasoning: { efforts: ['none', 'low', 'medium', 'high'], sendBack: 'reasoning' },
      rejects: ['frequency_penalty', 'presence_penalty', 'logit_bias'],
    },
  },
  cohere: {
    name: 'Cohere',
    baseUrl: 'https://api.cohere.ai/compatibility/v1',
    versionPath: '/compatibility/v1',
    keys: ['COHERE_API_KEY', 'CO_API_KEY'],
    keyPage: 'https://dashboard.cohere.com/api-keys',
    modelsPath: null,
    quirks: {
      namedToolChoice: false,
      parallelToolCalls: false,
      maxStop: 5,
      reasoning: { efforts: ['none', 'high'] },
      userField: null,
      rejects: [
        'store',
        'metadata',
        'logit_bias',
        'top_logprobs',
        'n',
        'modalities',
        'prediction',
        'audio',
        'service_tier',
      ],
    },
  },
  deepinfra: {
    name: 'DeepInfra',
    baseUrl: 'https://api.deepinfra.com/v1/openai',
    versionPath: '/v1/openai',
    keys: ['DEEPINFRA_API_KEY', 'DEEPINFRA_TOKEN'],
    keyPage: 'https://deepinfra.com/dash/api_keys',
    quirks: { maxStop: 16, reasoning: { efforts: ['none', 'low', 'medium', 'high'] } },
  },
  deepseek: {
    name: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com/v1',
    keys: ['DEEPSEEK_API_KEY'],
    keyPage: 'https://platform.deepseek.com/api_keys',
    quirks: {
      parallelToolCalls: false,
      jsonSchema: false,
      maxStop: 16,
      // V4 refuses a history whose turns with tool calls lack `reasoning_content`, were it empty.
      reasoning: {
        request: 'thinking',
        efforts: ['none', 'low', 'high', 'max'],
        sendBack: 'reasoning_content',
        sendBackWhen: 'tool-turns',
      },
      userField: null,
    },
    // R1 refuses what V4 demands.
    models: [{ models: /(?:^|-)r1(?:-|$)/, quirks: { reasoning: { request: 'none', sendBack: 'none' } } }],
  },
  fireworks: {
    name: 'Fireworks AI',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    versionPath: '/inference/v1',
    keys: ['FIREWORKS_API_KEY'],
    keyPage: 'https://app.fireworks.ai/settings/users/api-keys',
    quirks: {
      strictTools: true,
      reasoning: { efforts: ['none', 'low', 'medium', 'high'], sendBack: 'reasoning_content' },
    },
  },
  gemini: {
    name: 'Google Gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    versionPath: '/v1beta/openai',
    keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    keyPage: 'https://aistudio.google.com/apikey',
    quirks: {
      parallelToolCalls: false,
      maxStop: 5,
      reasoning: { efforts: ['none', 'minimal', 'low', 'medium', 'high'] },
      // Fields that it has not heard of are a 400 there.
      userField: null,
      rejects: [
        'user',
        'store',
        'metadata',
        'service_tier',
        'logit_bias',
        'verbosity',
        'prompt_cache_key',
        'safety_identifier',
      ],
    },
  },
  'github-models': {
    name: 'GitHub Models',
    baseUrl: 'https://models.github.ai/inference',
    versionPath: '/inference',
    // Not GITHUB_TOKEN: too many programs set it for other purposes.
    keys: ['GITHUB_MODELS_TOKEN'],
    keyPage: 'https://github.com/settings/personal-access-tokens',
    modelsPath: null,
    quirks: { reasoning: { efforts: ['minimal', 'low', 'medium', 'high'] } },
    models: [
      { models: /^(?:o\d|gpt-5)/, quirks: { maxTokensField: 'max_completion_tokens', systemRole: 'developer' } },
    ],
  },
  groq: {
    name: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    versionPath: '/openai/v1',
    keys: ['GROQ_API_KEY'],
    keyPage: 'https://console.groq.com/keys',
    quirks: {
      maxTokensField: 'max_completion_tokens',
      strictTools: true,
      reasoning: { efforts: ['none', 'low', 'medium', 'high'] },
      rejects: ['logit_bias', 'logprobs', 'top_logprobs'],
    },
    // Without a `reasoning_format` these write their thoughts into the content.
    models: [{ models: /qwen|deepseek/, quirks: { thinkTags: true } }],
  },
  huggingface: {
    name: 'Hugging Face',
    baseUrl: 'https://router.huggingface.co/v1',
    keys: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
    keyPage: 'https://huggingface.co/settings/tokens',
    quirks: { strictTools: true, reasoning: { efforts: ['none', 'low', 'medium', 'high'] }, userField: null },
  },
  minimax: {
    name: 'MiniMax',
    baseUrl: 'https://api.minimax.io/v1',
    keys: ['MINIMAX_API_KEY'],
    keyPage: 'https://platform.minimax.io/user-center/basic-information/interface-key',
    quirks: {
      requiredToolChoice: null,
      namedToolChoice: false,
      parallelToolCalls: false,
      thinkTags: true,
      reasoning: { ...NO_SWITCH, sendBack: 'reasoning_details' },
      userField: null,
    },
  },
  mistral: {
    name: 'Mistral AI',
    baseUrl: 'https://api.mistral.ai/v1',
    keys: ['MISTRAL_API_KEY'],
    keyPage: 'https://console.mistral.ai/api-keys',
    quirks: {
      // Every field that it does not know is a 422, `stream_options` included; usage comes without being asked for.
      streamUsage: false,
      requiredToolChoice: 'any',
      toolIds: 'nine-alphanumeric',
      maxStop: null,
      assistantPrefix: true,
      reasoning: { efforts: ['none', 'low', 'medium', 'high'], sendBack: 'content-parts' },
      userField: null,
      rejects: [
        'user',
        'seed',
        'store',
        'metadata',
        'service_tier',
        'logit_bias',
        'logprobs',
        'top_logprobs',
        'modalities',
        'audio',
        'verbosity',
        'prompt_cache_key',
        'safety_identifier',
        'web_search_options',
      ],
    },
  },
  moonshot: {
    name: 'Moonshot AI (Kimi)',
    baseUrl: 'https://api.moonshot.ai/v1',
    keys: ['MOONSHOT_API_KEY', 'KIMI_API_KEY'],
    keyPage: 'https://platform.moonshot.ai/console/api-keys',
    quirks: {
      midSystem: true,
      requiredToolChoice: null,
      namedToolChoice: false,
      maxStop: 5,
      reasoning: { efforts: ['low', 'high', 'max'], sendBack: 'reasoning_content' },
      userField: null,
    },
    models: [
      { models: /^kimi-k2/, quirks: { reasoning: { request: 'thinking', efforts: [] } } },
      // Kimi's sampling is fixed, and saying anything else is a 400.
      { models: /^kimi-/, quirks: { rejects: ['temperature', 'top_p', 'n', 'presence_penalty', 'frequency_penalty'] } },
    ],
  },
  nvidia: {
    name: 'NVIDIA NIM',
    baseUrl: 'https://integrate.api.nvidia.com/v1',
    keys: ['NVIDIA_API_KEY', 'NGC_API_KEY'],
    keyPage: 'https://build.nvidia.com/settings/api-keys',
    quirks: { parallelToolCalls: false, reasoning: { request: 'template', efforts: EFFORTS }, userField: null },
    models: [
      EFFORT_OF_GPT_OSS,
      {
        models: /^deepseek-v[4-9]/,
        quirks: { reasoning: { request: 'thinking', sendBack: 'reasoning_content', sendBackWhen: 'tool-turns' } },
      },
    ],
  },
  openrouter: {
    name: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    versionPath: '/api/v1',
    keys: ['OPENROUTER_API_KEY'],
    keyPage: 'https://openrouter.ai/settings/keys',
    headers: { 'x-title': 'Universal Claude Router' },
    messages: true,
    quirks: {
      systemParts: true,
      strictTools: true,
      cacheMarks: 'cache_control',
      reasoning: {
        request: 'openrouter',
        efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
        sendBack: 'reasoning_details',
      },
    },
  },
  perplexity: {
    name: 'Perplexity',
    baseUrl: 'https://api.perplexity.ai',
    versionPath: '',
    keys: ['PERPLEXITY_API_KEY', 'PPLX_API_KEY'],
    keyPage: 'https://www.perplexity.ai/settings/api',
    modelsPath: null,
    quirks: {
      webSearch: 'web_search_options',
      streamUsage: false,
      requiredToolChoice: null,
      namedToolChoice: false,
      parallelToolCalls: false,
      reasoning: NO_SWITCH,
      userField: null,
      rejects: ['tools', 'tool_choice'],
    },
    models: [
      { models: /reasoning|r1/, quirks: { thinkTags: true } },
      {
        models: /deep-research/,
        quirks: { reasoning: { request: 'effort', efforts: ['minimal', 'low', 'medium', 'high'] } },
      },
    ],
  },
  qwen: {
    name: 'Qwen (Alibaba Cloud Model Studio)',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    versionPath: '/compatible-mode/v1',
    keys: ['DASHSCOPE_API_KEY', 'QWEN_API_KEY'],
    keyPage: 'https://modelstudio.console.alibabacloud.com/?tab=globalset#/efm/api_key',
    quirks: {
      systemParts: true,
      requiredToolChoice: null,
      cacheMarks: 'cache_control',
      reasoning: { request: 'enable-thinking', efforts: EFFORTS },
      userField: null,
    },
  },
  siliconflow: {
    name: 'SiliconFlow',
    baseUrl: 'https://api.siliconflow.com/v1',
    keys: ['SILICONFLOW_API_KEY'],
    keyPage: 'https://cloud.siliconflow.com/account/ak',
    quirks: {
      requiredToolChoice: null,
      namedToolChoice: false,
      parallelToolCalls: false,
      reasoning: { request: 'enable-thinking', efforts: EFFORTS },
      userField: null,
    },
  },
  together: {
    name: 'Together AI',
    baseUrl: 'https://api.together.ai/v1',
    keys: ['TOGETHER_API_KEY', 'TOGETHERAI_API_KEY'],
    keyPage: 'https://api.together.ai/settings/api-keys',
    quirks: { parallelToolCalls: false, maxStop: null, reasoning: NO_SWITCH, userField: null },
    models: [
      EFFORT_OF_GPT_OSS,
      { models: /^deepseek-v4-pro/, quirks: { reasoning: { request: 'effort', efforts: ['high'] } } },
    ],
  },
  xai: {
    name: 'xAI',
    baseUrl: 'https://api.x.ai/v1',
    keys: ['XAI_API_KEY', 'GROK_API_KEY'],
    keyPage: 'https://console.x.ai',
    quirks: {
      maxTokensField: 'max_completion_tokens',
      reasoning: { efforts: ['none', 'low', 'medium', 'high', 'xhigh'] },
      reasoningOutsideCompletion: true,
    },
    // Its reasoning models refuse these outright.
    models: [
      {
        models: /^grok-(?:[4-9]|3-mini|build)(?!.*non-reasoning)/,
        quirks: { maxStop: 0, rejects: ['presence_penalty', 'frequency_penalty'] },
      },
    ],
  },
  zai: {
    name: 'Z.ai (GLM)',
    baseUrl: 'https://api.z.ai/api/paas/v4',
    versionPath: '/api/paas/v4',
    keys: ['ZAI_API_KEY', 'Z_AI_API_KEY', 'ZHIPU_API_KEY'],
    keyPage: 'https://z.ai/manage-apikey/apikey-list',
    quirks: {
      requiredToolChoice: null,
      namedToolChoice: false,
      parallelToolCalls: false,
      jsonSchema: false,
      maxStop: 1,
      reasoning: { request: 'thinking', efforts: ['none', 'low', 'high', 'max'], sendBack: 'reasoning_content' },
      userField: 'user_id',
    },
  },

  'openai-compatible': {
    name: 'OpenAI-compatible',
    baseUrl: null,
    keys: [],
    keyRequired: false,
    quirks: {},
  },
} as const satisfies Record<string, CompatibleProvider>

export const COMPATIBLE_PROVIDERS: readonly ProviderDefinition[] = Object.entries(COMPATIBLE).map(([type, row]) =>
  definitionOf(type, row),
)
