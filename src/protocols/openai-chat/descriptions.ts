import type { JsonSchema, RouteDescription } from '../route-description.ts'

const REFERENCE = 'https://platform.openai.com/docs/api-reference'

const tag = 'OpenAI Chat Completions'

const STRING: JsonSchema = { type: 'string' }
const COUNT: JsonSchema = { type: 'integer', minimum: 0 }

const message: JsonSchema = {
  type: 'object',
  required: ['role'],
  properties: {
    role: STRING,
    content: { anyOf: [STRING, { type: 'array', items: { type: 'object' } }, { type: 'null' }] },
    tool_calls: { type: 'array', items: { type: 'object' } },
    tool_call_id: STRING,
  },
  additionalProperties: true,
}

export const CHAT: RouteDescription = {
  tag,
  summary: 'Have an answer generated',
  details: 'With `stream` the answer comes as events. What is not listed here is taken as the vendor documents it.',
  reference: `${REFERENCE}/chat/create`,
  body: {
    required: true,
    schema: {
      type: 'object',
      required: ['model', 'messages'],
      properties: {
        model: { type: 'string', description: 'A model, an alias, or `provider/model`.' },
        messages: { type: 'array', items: message },
        stream: { type: 'boolean' },
        stream_options: { type: 'object', properties: { include_usage: { type: 'boolean' } } },
        max_completion_tokens: { type: ['integer', 'null'] },
        max_tokens: { type: ['integer', 'null'] },
        temperature: { type: ['number', 'null'] },
        top_p: { type: ['number', 'null'] },
        stop: { anyOf: [STRING, { type: 'array', items: STRING }, { type: 'null' }] },
        tools: { type: 'array', items: { type: 'object' } },
        tool_choice: { anyOf: [STRING, { type: 'object' }] },
        response_format: { type: 'object', properties: { type: STRING } },
        reasoning_effort: { type: ['string', 'null'] },
        session_id: { type: 'string', description: 'A session of the gateway, which puts its history in front.' },
      },
      additionalProperties: true,
    },
    example: { model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hello' }] },
  },
  answers: {
    200: {
      summary: 'The answer',
      content: {
        'application/json': {
          type: 'object',
          required: ['id', 'object', 'created', 'model', 'choices'],
          properties: {
            id: STRING,
            object: { const: 'chat.completion' },
            created: COUNT,
            model: { type: 'string', description: 'What the client asked for.' },
            choices: {
              type: 'array',
              items: {
                type: 'object',
                required: ['index', 'message', 'finish_reason'],
                properties: { index: COUNT, message, finish_reason: { type: ['string', 'null'] } },
                additionalProperties: true,
              },
            },
            usage: {
              type: ['object', 'null'],
              required: ['prompt_tokens', 'completion_tokens', 'total_tokens'],
              properties: { prompt_tokens: COUNT, completion_tokens: COUNT, total_tokens: COUNT },
            },
          },
          additionalProperties: true,
        },
        'text/event-stream': { type: 'string', description: `Chunks: ${REFERENCE}/chat-streaming` },
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

const model: JsonSchema = {
  type: 'object',
  required: ['id', 'object', 'created', 'owned_by'],
  properties: {
    id: STRING,
    object: { const: 'model' },
    created: COUNT,
    owned_by: STRING,
    name: STRING,
    context_length: COUNT,
    max_output_tokens: COUNT,
  },
  additionalProperties: true,
}

export const LIST_MODELS: RouteDescription = {
  tag,
  summary: 'List the models that may be asked for',
  reference: `${REFERENCE}/models/list`,
  answers: {
    200: {
      summary: 'The models',
      content: {
        'application/json': {
          type: 'object',
          required: ['object', 'data'],
          properties: { object: { const: 'list' }, data: { type: 'array', items: model } },
        },
      },
    },
  },
}

export const GET_MODEL: RouteDescription = {
  tag,
  summary: 'Look at a model',
  reference: `${REFERENCE}/models/retrieve`,
  parameters: [
    { in: 'path', name: 'id', summary: 'As the list has it; it may hold slashes.', required: true, schema: STRING },
  ],
  answers: { 200: { summary: 'The model', content: { 'application/json': model } } },
  errors: ['model_not_found'],
}

export const ERROR: JsonSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: STRING,
        type: STRING,
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
      },
    },
  },
}
