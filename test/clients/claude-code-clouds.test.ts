import { describe, expect, it, onTestFinished } from 'vitest'
import { ClaudeCodeBench, conversationOf, KEYS, MODEL, sessionOf } from './claude-code-bench.ts'
import { obstacle, titled } from './claude-program.ts'
import { answers, says } from './scripted-vendor.ts'

const why = obstacle()

/** Keys of the gateway for others, which are no matter of the program. */
const OTHERS = {
  OPENAI_API_KEY: 'key-of-another',
  GOOGLE_API_KEY: 'key-of-another',
  ANTHROPIC_API_KEY: 'key-of-another',
}

const CLOUDS = [
  {
    cloud: 'Bedrock',
    method: 'bedrock',
    // Where both are set, it comes first.
    environment: {
      CLAUDE_CODE_USE_BEDROCK: '1',
      AWS_BEARER_TOKEN_BEDROCK: 'bedrock-token',
      AWS_REGION: 'eu-west-1',
      CLAUDE_CODE_USE_VERTEX: '1',
      ANTHROPIC_VERTEX_PROJECT_ID: 'project',
      CLOUD_ML_REGION: 'us-east5',
    },
    variables: ['AWS_BEARER_TOKEN_BEDROCK', 'AWS_REGION', 'CLAUDE_CODE_USE_BEDROCK'],
    foreign: ['CLAUDE_CODE_USE_VERTEX', 'ANTHROPIC_VERTEX_PROJECT_ID', 'CLOUD_ML_REGION'],
    path: `/model/eu.anthropic.${MODEL}/invoke-with-response-stream`,
    authorization: 'Bearer bedrock-token',
  },
  {
    cloud: 'Vertex',
    method: 'vertex',
    environment: {
      CLAUDE_CODE_USE_VERTEX: '1',
      CLAUDE_CODE_SKIP_VERTEX_AUTH: '1',
      ANTHROPIC_VERTEX_PROJECT_ID: 'project',
      CLOUD_ML_REGION: 'us-east5',
      AWS_SECRET_ACCESS_KEY: 'aws-secret',
    },
    variables: [
      'ANTHROPIC_VERTEX_PROJECT_ID',
      'CLAUDE_CODE_SKIP_VERTEX_AUTH',
      'CLAUDE_CODE_USE_VERTEX',
      'CLOUD_ML_REGION',
    ],
    foreign: ['AWS_SECRET_ACCESS_KEY'],
    path: `/v1/projects/project/locations/us-east5/publishers/anthropic/models/${MODEL}:streamRawPredict`,
    authorization: undefined,
  },
] as const

describe.skipIf(why !== null)(titled('Claude Code at a cloud'), () => {
  it.each(CLOUDS)(
    'asks $cloud, with what belongs to it and nothing else, from the first word to the result of a tool',
    async ({ method, environment, variables, foreign, path, authorization }) => {
      const bench = await ClaudeCodeBench.start({ apiKey: '' }, { ...OTHERS, ...environment })
      onTestFinished(() => bench.close())
      const call = { type: 'tool_use' as const, id: 'toolu_1', name: 'look', input: { at: 'it' } }
      bench.vendor.script(answers([{ type: 'text', text: 'I look.' }, call], 'tool_use'), says('Seen.'))
      const tool = { type: 'function' as const, function: { name: 'look', parameters: { type: 'object' } } }
      const question = { role: 'user' as const, content: 'Look' }
      const request = { model: MODEL, max_tokens: 321, tools: [tool] }
      const stream = bench.openai().chat.completions.stream({
        ...request,
        messages: [question],
        stream_options: { include_usage: true },
      })
      const first = await stream.finalChatCompletion()
      expect(first.choices[0]).toMatchObject({
        finish_reason: 'tool_calls',
        message: { content: 'I look.', tool_calls: [{ id: 'toolu_1', function: { arguments: '{"at":"it"}' } }] },
      })
      expect(first.usage).toMatchObject({ prompt_tokens: 15, completion_tokens: 20 })

      const [pid] = await bench.programs()
      const seen = await bench.environmentOf(pid)
      for (const name of [...Object.keys(OTHERS), ...foreign]) expect(seen).not.toHaveProperty(name)
      for (const name of variables) expect(seen[name]).toBe((environment as Record<string, string>)[name])

      const second = await bench.openai().chat.completions.create({
        ...request,
        messages: [
          question,
          { role: 'assistant', content: 'I look.', tool_calls: first.choices[0]?.message.tool_calls ?? [] },
          { role: 'tool', tool_call_id: 'toolu_1', content: 'a red kite' },
        ],
      })
      expect(second.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Seen.' } })

      const [one, two] = bench.vendor.requests
      expect(bench.vendor.requests).toHaveLength(2)
      expect(one).toMatchObject({ path, body: { max_tokens: 321 } })
      expect(one?.headers.authorization).toBe(authorization)
      expect(one?.headers['x-api-key']).toBeUndefined()
      expect(sessionOf(two)).toBe(sessionOf(one))
      expect(JSON.stringify(conversationOf(two).at(-1))).toContain('a red kite')
      // No model is asked for a token only to see whether it is there.
      expect(bench.vendor.asides.filter((aside) => aside.startsWith('POST'))).toEqual([])

      const status = await fetch(`${bench.gateway.url}/v1/auth/status`, {
        headers: { authorization: `Bearer ${KEYS.blue}` },
      })
      expect(await status.json()).toMatchObject({
        claude_code_auth: { method, status: { valid: true }, environment_variables: variables },
      })
    },
  )

  it('asks Anthropic where the config has a key, whatever the environment says', async () => {
    const bench = await ClaudeCodeBench.start({}, { ...OTHERS, ...CLOUDS[0].environment })
    onTestFinished(() => bench.close())
    bench.vendor.script(says('Hi.'))
    await bench.openai().chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'Hello' }] })
    expect(bench.vendor.requests[0]?.path).toContain('/v1/messages')
    expect(bench.vendor.requests[0]?.headers['x-api-key']).toBe('far-end-key')
  })
})
