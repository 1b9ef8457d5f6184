import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from 'anthropic-current'
import OpenAI from 'openai-current'
import { vi } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import type { ConfigFile, TestGateway } from '../support/gateway.ts'
import { CLAUDE } from './claude-program.ts'
import { startScriptedVendor } from './scripted-vendor.ts'
import type { ScriptedVendor, VendorRequest } from './scripted-vendor.ts'

export const MODEL = 'claude-sonnet-5'
/** Takes a temperature, unlike newer ones. */
export const OLDER_MODEL = 'claude-haiku-4-5'
export const KEYS = {
  blue: 'ucr_test_blue_key_0123456789ab',
  green: 'ucr_test_green_key_0123456789a',
  red: 'ucr_test_red_key_0123456789abc',
}
/** Of the program's own tools, which its holder may use. */
const TOOLS_OF: Readonly<Record<keyof typeof KEYS, string[]>> = { blue: ['*'], green: [], red: ['Bash(cp *)'] }

type ProviderEntry = NonNullable<ConfigFile['providers']>[number]

/** A gateway whose only vendor is the real Claude Code, which asks a far end of the test's. */
export class ClaudeCodeBench {
  readonly vendor: ScriptedVendor
  readonly home: string
  #gateway: TestGateway

  private constructor(vendor: ScriptedVendor, home: string, gateway: TestGateway) {
    this.vendor = vendor
    this.home = home
    this.#gateway = gateway
  }

  static async start(
    provider: Partial<ProviderEntry> = {},
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ClaudeCodeBench> {
    const vendor = await startScriptedVendor()
    const home = await mkdtemp(join(tmpdir(), 'ucr-claude-home-'))
    const gateway = await startGateway(configFor(vendor, provider), {
      environment: { PATH: process.env['PATH'] ?? '', HOME: home, IS_SANDBOX: '1', ...environment },
    })
    return new ClaudeCodeBench(vendor, home, gateway)
  }

  get gateway(): TestGateway {
    return this.#gateway
  }

  openai(key = KEYS.blue): OpenAI {
    return new OpenAI({ apiKey: key, baseURL: `${this.#gateway.url}/v1`, maxRetries: 0 })
  }

  anthropic(key = KEYS.blue): Anthropic {
    return new Anthropic({ apiKey: key, baseURL: this.#gateway.url, maxRetries: 0 })
  }

  /** Process ids of the programs that run for this bench. */
  programs(): Promise<readonly number[]> {
    return programsOf(this.home)
  }

  /** Variables of a program that runs for this bench. */
  async environmentOf(pid: number | undefined): Promise<Readonly<Record<string, string>>> {
    const text = await readFile(`/proc/${pid}/environ`, 'utf8')
    return Object.fromEntries(
      text
        .split('\0')
        .filter((entry) => entry !== '')
        .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    )
  }

  /** Resolves when no more than so many programs run. */
  async programsLeft(count: number): Promise<void> {
    await vi.waitUntil(async () => (await this.programs()).length <= count, { timeout: 20_000, interval: 50 })
  }

  /** Another gateway in place of this one, which forgets all. */
  async restart(provider: Partial<ProviderEntry> = {}): Promise<void> {
    await this.#gateway.close()
    this.#gateway = await startGateway(configFor(this.vendor, provider), {
      environment: { PATH: process.env['PATH'] ?? '', HOME: this.home, IS_SANDBOX: '1' },
    })
  }

  async close(): Promise<void> {
    await this.#gateway.close()
    await this.vendor.close()
    for (const pid of await this.programs()) process.kill(pid, 'SIGKILL')
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 })
  }
}

export function configFor(vendor: ScriptedVendor, provider: Partial<ProviderEntry>): ConfigFile {
  return {
    auth: {
      keys: (['blue', 'green', 'red'] as const).map((name) => ({ name, key: KEYS[name], claudeTools: TOOLS_OF[name] })),
    },
    retry: { attempts: 1 },
    providers: [
      {
        id: 'code',
        type: 'claude-code',
        command: CLAUDE,
        baseUrl: vendor.url,
        apiKey: 'far-end-key',
        models: [MODEL, OLDER_MODEL],
        ...provider,
      },
    ],
  }
}

/** Their environment says for whom they run; everybody's programs have one name. */
export async function programsOf(home: string): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    const isOurs = environment.includes(`HOME=${home}\0`) && environment.includes('CLAUDE_CODE_EXTRA_BODY=')
    if (isOurs) found.push(Number(name))
  }
  return found
}

/** Which process asked: each has a session of its own. */
export function sessionOf(request: VendorRequest | undefined): string {
  return String(request?.headers['x-claude-code-session-id'])
}

interface VendorMessage {
  readonly role: string
  readonly content: string | readonly Record<string, unknown>[]
}

/** What the model was told by user and assistant, without the notes that the program adds. */
export function conversationOf(request: VendorRequest | undefined): readonly VendorMessage[] {
  const messages = (request?.body['messages'] ?? []) as VendorMessage[]
  return messages
    .filter(({ role }) => role !== 'system')
    .map(({ role, content }) => ({ role, content: typeof content === 'string' ? content : content.map(withoutMark) }))
}

function withoutMark({ cache_control: _mark, ...block }: Record<string, unknown>): Record<string, unknown> {
  return block
}
