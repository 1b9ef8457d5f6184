import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ProtocolId } from '../../src/canonical/protocol-id.ts'

/** One exchange with a vendor: what a client asks, and the same answer in both forms. `notes.md` beside it says where from. */
export interface Fixture {
  readonly name: string
  /** The type of provider whose client wrote the request. */
  readonly vendor: string
  /** JSON text. */
  readonly request: string
  /** JSON text. */
  readonly response: string
  readonly stream: Buffer
}

const FOLDER = join(import.meta.dirname, '..', 'fixtures')

/** Of the fixtures that are not Anthropic's or OpenAI's. */
const VENDORS: Readonly<Record<string, string>> = {
  'azure-content-filter': 'openai-compatible',
  'deepseek-reasoning': 'deepseek',
  'groq-usage': 'groq',
  length: 'vllm',
  'openrouter-reasoning-details': 'openrouter',
}

export function fixturesOf(protocol: ProtocolId): readonly Fixture[] {
  return readdirSync(join(FOLDER, protocol)).map((name) => {
    const read = (file: string): Buffer => readFileSync(join(FOLDER, protocol, name, file))
    return {
      name,
      vendor: VENDORS[name] ?? (protocol === 'anthropic-messages' ? 'anthropic' : 'openai'),
      request: read('request.json').toString('utf8'),
      response: read('response.json').toString('utf8'),
      stream: read('stream.sse'),
    }
  })
}
