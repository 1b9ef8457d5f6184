import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLIENT_KEY, UPSTREAMS, startBench } from './far-ends.ts'
import type { Bench } from './far-ends.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.close())

const folder = import.meta.dirname
const run = promisify(execFile)

interface Seen {
  readonly whole: unknown
  readonly stream: { readonly pieces: number; readonly output_tokens: number }
  readonly tools: { readonly answer: string }
  readonly error: unknown
}

const CLIENTS = [
  { script: 'anthropic_client.py', stop: 'end_turn', toolStop: 'tool_use', errorType: 'not_found_error' },
  { script: 'openai_client.py', stop: 'stop', toolStop: 'tool_calls', errorType: 'not_found_error' },
] as const

describe.each(['current', 'previous'])('Python SDKs, %s major', (venv) => {
  const python = join(folder, '.venv', venv, 'bin', 'python')
  const skipped = join(folder, '.venv', `${venv}.skipped`)

  describe.each(CLIENTS)('$script', ({ script, stop, toolStop, errorType }) => {
    it.for(UPSTREAMS)(
      'text, streams, tools and errors on an upstream that speaks $protocol',
      async ({ model }, { skip }) => {
        if (!existsSync(python))
          skip(existsSync(skipped) ? readFileSync(skipped, 'utf8') : 'run test/clients/install.mjs')
        const { stdout } = await run(python, [join(folder, 'python', script), bench.gateway.url, CLIENT_KEY, model])
        const seen = JSON.parse(stdout) as Seen
        expect(seen.whole).toEqual({ text: 'Grüße 👋', model, stop })
        expect(seen.stream).toMatchObject({ text: 'one two three four five', stop })
        expect(seen.stream.pieces).toBeGreaterThan(1)
        expect(seen.stream.output_tokens).toBeGreaterThan(0)
        expect(seen.tools).toMatchObject({ stop: toolStop, name: 'weather', input: { city: 'Wien' } })
        expect(seen.tools.answer).toContain('sunny')
        expect(seen.error).toEqual({ status: 404, type: errorType })
      },
    )
  })
})
