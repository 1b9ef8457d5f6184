import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Json } from './harness.ts'

/** The official SDKs as far as these tests use them. They are installed with the tests in `test/clients`. */
export interface OpenAISdk {
  new (options: { apiKey: string; baseURL: string; maxRetries: number }): {
    chat: { completions: { stream(body: Json): ChatStream; create(body: Json): Promise<Json> } }
  }
}

interface ChatStream extends AsyncIterable<Json> {
  finalChatCompletion(): Promise<
    { readonly choices: readonly { readonly message: Json; readonly finish_reason: string }[] } & Json
  >
}

export interface AnthropicSdk {
  new (options: { apiKey: string; baseURL: string; maxRetries: number }): {
    messages: { stream(body: Json): MessageStream; create(body: Json): Promise<Json> }
  }
}

interface MessageStream extends AsyncIterable<Json> {
  finalMessage(): Promise<{ readonly content: readonly Json[] } & Json>
}

export const NOT_INSTALLED = 'the client programs of test/clients are not installed; `npm test` installs them'

/** Both majors of an SDK, null where it is not installed. */
export async function loadSdks<Sdk>(
  vendor: 'openai' | 'anthropic',
): Promise<readonly (readonly [string, Sdk | null])[]> {
  return Promise.all(
    ['current', 'previous'].map(
      async (major) => [`${vendor}-${major}`, await load<Sdk>(`${vendor}-${major}`)] as const,
    ),
  )
}

async function load<Sdk>(name: string): Promise<Sdk | null> {
  const { resolve } = createRequire(new URL('../clients/package.json', import.meta.url))
  let path: string
  try {
    path = resolve(name)
  } catch {
    return null
  }
  const loaded = (await import(pathToFileURL(path).href)) as { default: { default?: Sdk } & Sdk }
  return loaded.default.default ?? loaded.default
}
