/**
 * copilot-api knows one vendor, by address. Loaded into it before its own code, this sends what it asks GitHub to the far
 * end of the bench, and answers for GitHub what it asks at its start.
 */
const farEnd = `http://127.0.0.1:${process.env['BENCH_FAR_END']}`
const original = globalThis.fetch

/** @param {unknown} value */
const json = (value) => new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } })

const MODEL = {
  id: 'gpt-5.5',
  name: 'gpt-5.5',
  object: 'model',
  vendor: 'bench',
  version: '1',
  preview: false,
  model_picker_enabled: true,
  capabilities: {
    family: 'gpt-5.5',
    object: 'model_capabilities',
    type: 'chat',
    tokenizer: 'o200k_base',
    limits: { max_context_window_tokens: 200_000, max_output_tokens: 8192, max_prompt_tokens: 200_000 },
    supports: { tool_calls: true, parallel_tool_calls: true },
  },
}

globalThis.fetch = (input, init) => {
  const url = new URL(typeof input === 'string' || input instanceof URL ? input : input.url)
  if (url.pathname.endsWith('/copilot_internal/v2/token')) {
    return Promise.resolve(json({ token: 'bench', expires_at: 4_000_000_000, refresh_in: 100_000 }))
  }
  if (url.pathname.endsWith('/chat/completions')) return original(`${farEnd}/v1/chat/completions`, init)
  if (url.pathname.endsWith('/models')) return Promise.resolve(json({ object: 'list', data: [MODEL] }))
  if (url.pathname.endsWith('/user')) return Promise.resolve(json({ login: 'bench' }))
  return Promise.resolve(new Response("pkgver='1.100.0'", { status: 200 }))
}
