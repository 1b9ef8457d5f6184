import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLAUDE, obstacle } from './claude-program.ts'
import { CLIENT_KEY, UPSTREAMS, generations, startBench } from './far-ends.ts'
import type { Bench } from './far-ends.ts'

const run = promisify(execFile)
const SECRET = 'the pass phrase is "blue 🐋 heron"'

let bench: Bench
let home: string

beforeAll(async () => {
  bench = await startBench()
  home = await mkdtemp(join(tmpdir(), 'ucr-claude-'))
  await writeFile(join(home, 'note.txt'), SECRET)
})

afterAll(async () => {
  await bench.close()
  await rm(home, { recursive: true, force: true })
})

async function ask(model: string, prompt: string): Promise<{ result: string; is_error: boolean; num_turns: number }> {
  const environment = {
    PATH: process.env['PATH'],
    HOME: home,
    CLAUDE_CONFIG_DIR: join(home, '.claude'),
    ANTHROPIC_BASE_URL: bench.gateway.url,
    ANTHROPIC_AUTH_TOKEN: CLIENT_KEY,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_ERROR_REPORTING: '1',
    IS_SANDBOX: '1',
  }
  const args = ['-p', prompt, '--model', model, '--allowedTools', 'Bash(cat:*)', '--output-format', 'json']
  const child = run(CLAUDE, args, { cwd: home, env: environment, timeout: 120_000 })
  child.child.stdin?.end()
  const { stdout } = await child
  return JSON.parse(stdout) as { result: string; is_error: boolean; num_turns: number }
}

describe.each(UPSTREAMS)('Claude Code on an upstream that speaks $protocol', ({ protocol, model }) => {
  it('reads a file with its Bash tool and answers from it', async ({ skip }) => {
    const why = obstacle()
    if (why !== null) skip(why)
    const before = generations(bench.simulator).length
    const answer = await ask(model, `[[call Bash {"command":"cat note.txt","description":"Read the note"}]]`)
    expect(answer.is_error).toBe(false)
    expect(answer.result).toContain(SECRET)

    const requests = generations(bench.simulator).slice(before)
    const [first, second] = requests.filter(({ body }) => Array.isArray(body['tools']) && body['tools'].length > 5)
    expect(first?.body['model']).toBe(model)
    const sent = JSON.stringify(second?.body)
    expect(sent).toContain('blue 🐋 heron')
    if (protocol === 'anthropic-messages') {
      expect(first?.path).toContain('/v1/messages')
      expect(sent).toContain('"tool_result"')
      // The vendor that the line is for gets it, as everything else, untouched.
      expect(sent).toContain('x-anthropic-billing-header')
    } else {
      expect(first?.path).toBe('/v1/chat/completions')
      const messages = second?.body['messages'] as { role: string; content: unknown; tool_calls?: unknown[] }[]
      const call = messages.findIndex(({ tool_calls: calls }) => calls !== undefined)
      expect(messages[call + 1]?.role).toBe('tool')
      expect(JSON.stringify(messages[call + 1]?.content)).toContain('blue 🐋 heron')
      expect(sent).not.toContain('x-anthropic-billing-header')
      expect(sent).not.toContain('cache_control')
    }
  })
})

describe('Claude Code and a conversation that is too long', () => {
  it('is told so in the words that it knows, on an OpenAI upstream', async ({ skip }) => {
    const why = obstacle()
    if (why !== null) skip(why)
    const answer = await ask('openai/small', 'Hello').catch((error: unknown) => {
      const { stdout } = error as { stdout: string }
      return JSON.parse(stdout) as { result: string }
    })
    expect(answer.result).toMatch(/prompt is too long/i)
  })
})
