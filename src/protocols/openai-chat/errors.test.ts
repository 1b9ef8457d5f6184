import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../lib/error.ts'
import { scanJson, toJsonText } from '../../lib/json.ts'
import type { JsonValue } from '../../lib/json.ts'
import { answerError, decodeError, encodeError, encodeStreamError, errorInAnswer } from './errors.ts'

function decode(status: number, body: JsonValue | string, headers: Record<string, string> = {}): GatewayError {
  return decodeError(status, headers, typeof body === 'string' ? body : toJsonText(body))
}

describe('decodeError()', () => {
  it.each<[string, JsonValue | string]>([
    ['OpenAI', { error: { message: 'no such thing', type: 'invalid_request_error', param: 'a.b', code: 'x' } }],
    ['error as text', { error: 'no such thing' }],
    ['message', { object: 'error', message: 'no such thing' }],
    ['detail', { detail: 'no such thing' }],
    ['FastAPI', { detail: [{ loc: ['body'], msg: 'no such thing' }] }],
    ['Mistral', { object: 'error', message: { detail: [{ msg: 'no such thing' }] } }],
    ['Google', [{ error: { code: 400, message: 'no such thing', status: 'INVALID_ARGUMENT' } }]],
    ['Cloudflare', { success: false, errors: [{ code: 7, message: 'no such thing' }] }],
    ['OpenRouter', { error: { code: 400, message: 'x', metadata: { raw: '{"error":{"message":"no such thing"}}' } } }],
    ['plain text', 'no such thing'],
  ])('reads the message of %s', (_vendor, body) => {
    expect(decode(400, body)).toMatchObject({ code: 'upstream_invalid_request', message: 'no such thing', status: 400 })
  })

  it.each([
    [401, 'upstream_unauthorized', 502],
    [402, 'upstream_billing', 402],
    [403, 'upstream_forbidden', 403],
    [404, 'upstream_not_found', 404],
    [408, 'upstream_timeout', 504],
    [409, 'upstream_failed', 409],
    [422, 'upstream_invalid_request', 422],
    [429, 'upstream_rate_limited', 429],
    [498, 'upstream_overloaded', 498],
    [500, 'upstream_failed', 500],
    [503, 'upstream_overloaded', 503],
    [524, 'upstream_timeout', 504],
    [522, 'upstream_failed', 502],
    [529, 'upstream_overloaded', 529],
  ])('reads status %i as %s', (status, code, sent) => {
    expect(decode(status, { error: { message: 'm' } })).toMatchObject({ code, status: sent })
  })

  it('keeps param and code of the vendor', () => {
    const error = decode(400, { error: { message: 'm', param: 'messages[0].content', code: 'bad_thing' } })
    expect(error).toMatchObject({ param: 'messages[0].content', upstreamCode: 'bad_thing' })
  })

  it.each<[string, number, JsonValue]>([
    ['quota', 429, { error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } }],
    ['balance', 429, { error: { message: 'Insufficient balance' } }],
    ['hard limit', 400, { error: { code: 'billing_hard_limit_reached', message: 'm' } }],
  ])('tells an empty account from a rate limit: %s', (_name, status, body) => {
    expect(decode(status, body)).toMatchObject({ code: 'upstream_spend_limit', retryAfter: null })
  })

  it('does not take "rate limit, add billing details for more" for an empty account', () => {
    const message = 'Rate limit reached. Visit billing for higher limits.'
    expect(decode(429, { error: { code: 'rate_limit_exceeded', message } }).code).toBe('upstream_rate_limited')
  })

  it.each<[string, JsonValue, Record<string, string>, number | null]>([
    ['header in seconds (34)', {}, { 'retry-after': '7' }, 7],
    ['header in milliseconds', {}, { 'retry-after-ms': '1200', 'retry-after': '9' }, 2],
    ['date', {}, { 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT', date: 'Sun, 22 Nov 2026 10:00:00 GMT' }, 30],
    ['date without a clock', {}, { 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT' }, null],
    ['words', { error: { message: 'Please try again in 1.5s.' } }, {}, 2],
    ['words with units', { error: { message: 'Please try again in 1m30.2s. Visit' } }, {}, 91],
    ['words in ms', { error: { message: 'try again in 20ms' } }, {}, 1],
    ['RetryInfo (112)', [{ error: { message: 'm', details: [{ '@type': 't', retryDelay: '34.4s' }] } }], {}, 35],
    ['nothing', { error: { message: 'later' } }, {}, null],
  ])('reads when to retry: %s', (_name, body, headers, seconds) => {
    expect(decode(429, body, headers).retryAfter).toBe(seconds)
  })

  it.each<[string, JsonValue, string]>([
    [
      'OpenAI',
      {
        error: {
          message:
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 250000 tokens.",
          code: 'context_length_exceeded',
        },
      },
      'prompt is too long: 250000 tokens > 128000 maximum',
    ],
    [
      'vLLM',
      {
        message:
          "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).",
      },
      'prompt is too long: 5000 tokens > 4096 maximum',
    ],
    [
      'llama.cpp',
      {
        error: { code: 400, message: 'too big', type: 'exceed_context_size_error', n_prompt_tokens: 9000, n_ctx: 8192 },
      },
      'prompt is too long: 9000 tokens > 8192 maximum',
    ],
    [
      'Gemini',
      [
        {
          error: { message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).' },
        },
      ],
      'prompt is too long: 1200000 tokens > 1048576 maximum',
    ],
    [
      'xAI',
      { error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens." },
      'prompt is too long: 537812 tokens > 131072 maximum',
    ],
    [
      'Mistral',
      {
        message:
          'Prompt contains 40021 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      },
      'prompt is too long: 40021 tokens > 32768 maximum',
    ],
    [
      'Groq',
      {
        error: { message: 'Please reduce the length of the messages or completion.', code: 'context_length_exceeded' },
      },
      'prompt is too long: Please reduce the length of the messages or completion.',
    ],
    [
      'SGLang',
      { message: "The input (9000 tokens) is longer than the model's context length (8192 tokens)." },
      'prompt is too long: 9000 tokens > 8192 maximum',
    ],
    ['Moonshot', { error: { message: 'Your request exceeded model token limit: 131072' } }, ''],
    ['Z.ai', { error: { code: '1261', message: 'Prompt exceeds max length' } }, ''],
    ['Qwen', { error: { message: 'Range of input length should be [1, 129024]' } }, ''],
    ['Cohere', { message: 'too many tokens: size limit exceeded by 4000 tokens.' }, ''],
    ['Ollama', { error: { message: 'the input length exceeds the context length' } }, ''],
    [
      'GitHub',
      {
        error: {
          code: 'tokens_limit_reached',
          message: 'Request body too large for gpt-5 model. Max size: 8000 tokens.',
        },
      },
      '',
    ],
  ])('recognises the overflow of %s (33)', (_vendor, body, message) => {
    const error = decode(400, body)
    expect(error).toMatchObject({ code: 'context_too_long', status: 400 })
    expect(error.message).toMatch(/^prompt is too long: /)
    if (message !== '') expect(error.message).toBe(message)
  })

  it('does not take a limit on the output for an overflow', () => {
    const message = 'max_tokens is too large: 128000. This model supports at most 16384 completion tokens'
    expect(decode(400, { error: { message } }).code).toBe('upstream_invalid_request')
  })

  it('says nothing of a page of HTML (35)', () => {
    const error = decode(500, '<!DOCTYPE html><html><body>stack /srv/app.js</body></html>')
    expect(error).toMatchObject({ code: 'upstream_failed', status: 500, message: 'The upstream failed.' })
  })

  it.each([
    'Incorrect API key provided: sk-proj-abc*****************xyz. Find it at https://example.com/keys',
    'Organization org-AbCdEf123456 is limited',
    'Contact admin@example.com',
    'connect ECONNREFUSED 10.0.0.7:8000',
    'key gsk_abcdefghijklmnop is bad',
    'token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl',
    'broken\n    at run (/srv/app/index.js:3:4)',
    'arn:aws:bedrock:us-east-1:123456789012:model/x',
    'failed in /home/someone/secret/file.py',
    'hash 0123456789abcdef0123456789abcdef0123',
  ])('hides what is secret in %j (34)', (message) => {
    const hidden =
      /abc\*|example\.com|AbCdEf|admin@|10\.0\.0|abcdefghijkl|eyJ|\/srv|123456789012|someone|0123456789abcdef/
    expect(decode(500, { error: { message } }).message).not.toMatch(hidden)
  })

  it("never repeats the vendor's words about the gateway's own key", () => {
    const error = decode(401, { error: { message: 'Key secret-thing of team blue is bad' } })
    expect(error.message).toBe("The upstream refused the gateway's credential.")
    expect(decode(400, [{ error: { message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }]).code).toBe(
      'upstream_unauthorized',
    )
  })

  it.each<[JsonValue]>([
    [{ error: { code: 'content_filter', message: 'm' } }],
    [{ error: { message: "filtered due to the prompt triggering Azure OpenAI's content management policy." } }],
    [{ error: { code: 'data_inspection_failed', message: 'm' } }],
  ])('recognises a content filter in %j', (body) => {
    expect(decode(400, body).code).toBe('content_filtered')
  })

  it('survives every body', () => {
    for (const body of [
      '',
      'null',
      '[]',
      '{}',
      '{"error":null}',
      '{"error":{}}',
      '{"error":{"message":5}}',
      '{"a":1,"a":2}',
    ]) {
      expect(decode(500, body).code).toBe('upstream_failed')
    }
  })
})

describe('errorInAnswer()', () => {
  it.each<[JsonValue, string]>([
    [{ error: { code: 429, message: 'slow down' } }, 'upstream_rate_limited'],
    [{ error: { type: 'overloaded_error', message: 'm' } }, 'upstream_overloaded'],
    [{ error: { type: 'invalid_request_error', message: 'm' } }, 'upstream_invalid_request'],
    [{ error: { message: 'm', type: 'server_error' } }, 'upstream_failed'],
    [{ error: 'm' }, 'upstream_failed'],
  ])('tells the kind of %j from the body alone (11)', (body, code) => {
    expect(errorInAnswer(scanJson(toJsonText(body))).code).toBe(code)
  })
})

describe('answerError()', () => {
  it('names what is not JSON, and never throws itself', () => {
    const bug = new TypeError('bug')
    expect(answerError(bug)).toMatchObject({ code: 'internal', cause: bug })
    try {
      scanJson('{')
    } catch (thrown) {
      expect(answerError(thrown).code).toBe('upstream_invalid_response')
    }
  })
})

describe('encodeError()', () => {
  it('writes the envelope with status and when to retry', () => {
    const encoded = encodeError(new GatewayError('upstream_rate_limited', 'slow', { retryAfter: 7 }))
    expect(encoded.status).toBe(429)
    expect(encoded.headers).toEqual({ 'retry-after': '7', 'x-should-retry': 'true' })
    expect(JSON.parse(encoded.body)).toEqual({
      error: { message: 'slow', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' },
    })
  })

  it('says which parameter is at fault', () => {
    const encoded = encodeError(new GatewayError('invalid_request', 'bad', { param: 'messages.0.role' }))
    expect(JSON.parse(encoded.body)).toMatchObject({ error: { param: 'messages.0.role', code: 'invalid_request' } })
    expect(encoded.headers).toEqual({ 'x-should-retry': 'false' })
  })

  it("uses OpenAI's own code for a full context", () => {
    const encoded = encodeError(new GatewayError('context_too_long', 'prompt is too long: 2 tokens > 1 maximum'))
    expect(JSON.parse(encoded.body)).toMatchObject({ error: { code: 'context_length_exceeded' } })
  })
})

describe('encodeStreamError()', () => {
  it('writes one data line and no [DONE] (75)', () => {
    const bytes = encodeStreamError(new GatewayError('upstream_truncated', 'cut'))
    expect(bytes).toMatch(/^data: \{"error":\{.*\}\}\n\n$/)
    expect(bytes).not.toContain('[DONE]')
  })
})
