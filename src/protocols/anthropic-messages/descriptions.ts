import type { JsonSchema, ParameterDescription, RouteDescription } from '../route-description.ts'

const REFERENCE = 'https://platform.claude.com/docs/en/api'

const tag = 'Anthropic Messages'

const STRING: JsonSchema = { type: 'string' }
const COUNT: JsonSchema = { type: 'integer', minimum: 0 }

/** Fields that nobody reads here go to the vendor as they are. */
const content: JsonSchema = {
  anyOf: [STRING, { type: 'array', items: { type: 'object', required: ['type'], properties: { type: STRING } } }],
}

const prompt = {
  model: { type: 'string', description: 'A model, an alias, or `provider/model`.' },
  messages: {
    type: 'array',
    items: {
      type: 'object',
      required: ['role', 'content'],
      properties: { role: { enum: ['user', 'assistant'] }, content },
    },
  },
  system: { ...content, description: 'The system prompt.' },
  tools: { type: 'array', items: { type: 'object' } },
  tool_choice: { type: 'object' },
  thinking: { type: 'object', properties: { type: STRING, budget_tokens: COUNT } },
}

const version: ParameterDescription = {
  in: 'header',
  name: 'anthropic-version',
  summary: 'Which version of the API the client speaks.',
  schema: { type: 'string', examples: ['2023-06-01'] },
}

const usage: JsonSchema = {
  type: 'object',
  required: ['input_tokens', 'output_tokens'],
  properties: {
    input_tokens: COUNT,
    output_tokens: COUNT,
    cache_read_input_tokens: { type: ['integer', 'null'] },
    cache_creation_input_tokens: { type: ['integer', 'null'] },
  },
}

export const MESSAGES: RouteDescription = {
  tag,
  summary: 'Have an answer generated',
  details: 'With `stream` the answer comes as events. What is not listed here is taken as the vendor documents it.',
  reference: `${REFERENCE}/messages`,
  parameters: [version],
  body: {
    required: true,
    schema: {
      type: 'object',
      required: ['model', 'messages', 'max_tokens'],
      properties: {
        ...prompt,
        max_tokens: { type: 'integer', minimum: 0 },
        stream: { type: 'boolean' },
        temperature: { type: 'number' },
        top_p: { type: 'number' },
        top_k: { type: 'integer' },
        stop_sequences: { type: 'array', items: STRING },
        metadata: { type: 'object', properties: { user_id: STRING } },
      },
      additionalProperties: true,
    },
    example: { model: 'claude-sonnet-4-5', max_tokens: 256, messages: [{ role: 'user', content: 'Hello' }] },
  },
  answers: {
    200: {
      summary: 'The answer',
      content: {
        'application/json': {
          type: 'object',
          required: ['id', 'type', 'role', 'model', 'content', 'stop_reason', 'usage'],
          properties: {
            id: STRING,
            type: { const: 'message' },
            role: { const: 'assistant' },
            model: { type: 'string', description: 'What the client asked for.' },
            content: { type: 'array', items: { type: 'object', required: ['type'], properties: { type: STRING } } },
            stop_reason: { type: ['string', 'null'] },
            stop_sequence: { type: ['string', 'null'] },
            usage,
          },
          additionalProperties: true,
        },
        'text/event-stream': { type: 'string', description: `Events: ${REFERENCE}/messages-streaming` },
      },
    },
  },
  errors: [
    'model_not_found',
    'context_too_long',
    'rate_limited',
    'no_candidate',
    'upstream_failed',
    'upstream_timeout',
  ],
}

export const COUNT_TOKENS: RouteDescription = {
  tag,
  summary: 'Count the tokens of a prompt',
  details: 'By the vendor where it can, else by a tokenizer of the gateway.',
  reference: `${REFERENCE}/messages-count-tokens`,
  parameters: [version],
  body: {
    required: true,
    schema: { type: 'object', required: ['model', 'messages'], properties: prompt, additionalProperties: true },
    example: { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'Hello' }] },
  },
  answers: {
    200: {
      summary: 'The count',
      content: {
        'application/json': { type: 'object', required: ['input_tokens'], properties: { input_tokens: COUNT } },
      },
    },
  },
  errors: ['model_not_found'],
}

const model: JsonSchema = {
  type: 'object',
  required: ['type', 'id', 'display_name', 'created_at'],
  properties: { type: { const: 'model' }, id: STRING, display_name: STRING, created_at: STRING },
  additionalProperties: true,
}

export const LIST_MODELS: RouteDescription = {
  tag,
  summary: 'List the models that may be asked for',
  details: 'Requests with an `anthropic-version` header get the form of Anthropic.',
  reference: `${REFERENCE}/models-list`,
  parameters: [version],
  answers: {
    200: {
      summary: 'The models',
      content: {
        'application/json': {
          type: 'object',
          required: ['data', 'has_more', 'first_id', 'last_id'],
          properties: {
            data: { type: 'array', items: model },
            has_more: { type: 'boolean' },
            first_id: { type: ['string', 'null'] },
            last_id: { type: ['string', 'null'] },
          },
        },
      },
    },
  },
}

export const GET_MODEL: RouteDescription = {
  tag,
  summary: 'Look at a model',
  reference: `${REFERENCE}/models`,
  parameters: [
    { in: 'path', name: 'id', summary: 'As the list has it; it may hold slashes.', required: true, schema: STRING },
    version,
  ],
  answers: { 200: { summary: 'The model', content: { 'application/json': model } } },
  errors: ['model_not_found'],
}

export const HELLO: RouteDescription = {
  tag,
  summary: 'Is anybody there? Claude Code asks this at its start',
  answers: { 200: { summary: 'Yes', content: {} } },
}

export const ERROR: JsonSchema = {
  type: 'object',
  required: ['type', 'error'],
  properties: {
    type: { const: 'error' },
    error: { type: 'object', required: ['type', 'message'], properties: { type: STRING, message: STRING } },
    request_id: { type: ['string', 'null'] },
  },
}
