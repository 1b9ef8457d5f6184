import { describe, expect, it } from 'vitest'
import { configureProvider } from './configure.ts'
import { defaultSettings } from './default-settings.ts'
import type { ProviderSettings } from './settings.ts'

const DEPENDENCIES = {
  copilot: { fetchText: () => Promise.reject(new Error('asked')), wallClock: () => 0 },
}

function configure(given: Partial<ProviderSettings>) {
  return configureProvider(
    defaultSettings({ id: 'work', type: 'openai', apiKey: 'sk-0123456789abcdef', source: 'test', ...given }),
    DEPENDENCIES,
  )
}

const refused = (field: string, fix: RegExp) => expect.objectContaining({ field, fix: expect.stringMatching(fix) })

describe('configureProvider()', () => {
  it('takes what the settings leave out from the vendor', () => {
    const provider = configure({})
    expect(provider).toMatchObject({ id: 'work', origin: 'https://api.openai.com', basePath: '/v1' })
    const [endpoint] = provider.endpoints
    const [declared] = provider.definition.endpoints
    expect({ ...endpoint, adapt: null }).toEqual({ ...declared, adapt: null })
  })

  it('finds out once what the name of a model says of it', () => {
    const [endpoint] = configure({}).endpoints
    if (endpoint?.protocol !== 'openai-chat') throw new Error('no chat endpoint')
    const found = endpoint.adapt?.('gpt-5', endpoint.dialect)
    expect(found).not.toEqual(endpoint.dialect)
    expect(endpoint.adapt?.('gpt-5', endpoint.dialect)).toBe(found)
    expect(endpoint.adapt?.('gpt-4o', endpoint.dialect)).not.toBe(found)
  })

  it('sends a key as the vendor wants it, and shows only its end', () => {
    expect(configure({}).credential).toMatchObject({ hint: 'cdef' })
    expect(configure({}).credential?.headers()).toEqual({ authorization: 'Bearer sk-0123456789abcdef' })
    expect(configure({ type: 'anthropic', apiKey: ' key-with-blanks \n' }).credential?.headers()).toEqual({
      'x-api-key': 'key-with-blanks',
    })
    expect(configure({ apiKey: 'short' }).credential?.hint).toBe('')
  })

  it('binds the provider to scheme, host and port of its base URL', () => {
    expect(configure({ baseUrl: 'http://127.0.0.1:9/v1' }).origin).toBe('http://127.0.0.1:9')
    expect(configure({ baseUrl: 'https://proxy.example:8443/openai' })).toMatchObject({
      origin: 'https://proxy.example:8443',
      basePath: '/openai/v1',
    })
  })

  it('gives Claude Code an origin of its own, the names it knows, and the address that it is to ask', () => {
    const plain = configure({ id: 'code', type: 'claude-code', apiKey: null })
    expect(plain).toMatchObject({ origin: 'claude-code:code', basePath: '', credential: null })
    expect(plain.models).toEqual(['sonnet', 'opus', 'haiku'])
    expect(plain.claudeCode).toMatchObject({ baseUrl: null, processes: 4, allowedTools: [], permissionMode: 'dontAsk' })
    for (const baseUrl of ['https://proxy.example/team', 'https://proxy.example/team/v1/']) {
      const placed = configure({ id: 'code', type: 'claude-code', baseUrl, models: ['claude-opus-5'] })
      expect(placed.claudeCode?.baseUrl).toBe('https://proxy.example/team')
      expect(placed.models).toEqual(['claude-opus-5'])
    }
    expect(configure({}).claudeCode).toBeUndefined()
  })

  it('needs a key only where the vendor does', () => {
    expect(() => configure({ apiKey: null })).toThrow(refused('apiKey', /OPENAI_API_KEY.*ucr auth login openai/))
    expect(() => configure({ apiKey: '  ' })).toThrow(refused('apiKey', /./))
    expect(configure({ type: 'ollama', apiKey: null }).credential).toBeNull()
    expect(configure({ type: 'ollama', apiKey: 'token' }).credential?.headers()).toEqual({
      authorization: 'Bearer token',
    })
    expect(configure({ type: 'simulator', baseUrl: 'http://127.0.0.1:9', apiKey: 'x' }).credential).toBeNull()
  })

  it('never shows a key that cannot be used', () => {
    expect(() => configure({ apiKey: 'sk-secret\r\nx: y' })).toThrow(refused('apiKey', /Copy/))
    expect(() => configure({ apiKey: 'sk-secret x' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    )
  })

  it('needs a base URL where only the user knows it', () => {
    expect(() => configure({ type: 'openai-compatible' })).toThrow(refused('baseUrl', /baseUrl/))
  })

  it('speaks only the protocol that the settings pin', () => {
    const pinned = configure({ type: 'openrouter', protocol: 'openai-chat' })
    expect(pinned.endpoints.map(({ protocol }) => protocol)).toEqual(['openai-chat'])
    expect(() => configure({ protocol: 'anthropic-messages' })).toThrow(refused('protocol', /"openai-chat"/))
  })

  it('lets quirks of the settings win, for every model', () => {
    const [endpoint] = configure({ dialect: { maxStop: 7, systemRole: 'system' } }).endpoints
    if (endpoint?.protocol !== 'openai-chat') throw new Error('no Chat endpoint')
    expect(endpoint.dialect.maxStop).toBe(7)
    expect(endpoint.adapt?.('gpt-5', endpoint.dialect)).toMatchObject({ maxStop: 7, systemRole: 'system' })
  })

  it('spells header names in lower case and refuses what would break a request', () => {
    expect(configure({ headers: { 'X-Team': 'blue' } }).headers).toEqual({ 'x-team': 'blue' })
    for (const headers of [{ 'x y': '1' }, { Host: 'evil' }, { 'x-a': 'b\r\nc: d' }, { '': 'x' }]) {
      expect(() => configure({ headers })).toThrow(refused(`headers.${Object.keys(headers)[0]}`, /./))
    }
  })

  it.each(['a/b', '', ' work', '../x'])('refuses the id %j', (id) => {
    expect(() => configure({ id })).toThrow(refused('id', /letters/))
  })

  it('asks nobody before a request needs it', () => {
    const copilot = configure({ type: 'github-copilot', apiKey: 'gho_0123456789abcdef' })
    expect(copilot).toMatchObject({ origin: 'https://api.githubcopilot.com', basePath: '' })
    expect(copilot.credential?.hint).toBe('cdef')
  })
})
