import { describe, expect, it } from 'vitest'
import { readBaseUrl } from './base-url.ts'

const CHAT = ['/chat/completions']

describe('readBaseUrl()', () => {
  it.each([
    ['https://api.openai.com', '/v1', 'https://api.openai.com/v1'],
    ['https://api.openai.com/', '/v1', 'https://api.openai.com/v1'],
    ['https://api.openai.com/v1', '/v1', 'https://api.openai.com/v1'],
    ['https://api.openai.com/v1///', '/v1', 'https://api.openai.com/v1'],
    ['  https://api.openai.com/v1 ', '/v1', 'https://api.openai.com/v1'],
    ['https://api.openai.com/v1/chat/completions', '/v1', 'https://api.openai.com/v1'],
    ['https://openrouter.ai', '/api/v1', 'https://openrouter.ai/api/v1'],
    ['https://openrouter.ai/api', '/api/v1', 'https://openrouter.ai/api/v1'],
    ['https://openrouter.ai/api/v1', '/api/v1', 'https://openrouter.ai/api/v1'],
    ['https://api.perplexity.ai', '', 'https://api.perplexity.ai'],
    ['https://api.z.ai/api/coding/paas/v4', '/api/paas/v4', 'https://api.z.ai/api/coding/paas/v4'],
    ['https://api.deepseek.com/anthropic', '/v1', 'https://api.deepseek.com/anthropic/v1'],
    ['http://127.0.0.1:8080/proxy', '/v1', 'http://127.0.0.1:8080/proxy/v1'],
    ['http://host/no-version/chat/completions', '/v1', 'http://host/no-version'],
    ['https://x.azure.com/openai/v1', '/v1', 'https://x.azure.com/openai/v1'],
    [
      'https://generativelanguage.googleapis.com/v1beta',
      '/v1beta/openai',
      'https://generativelanguage.googleapis.com/v1beta/openai',
    ],
    ['HTTPS://API.Example.COM:443/v1', '/v1', 'https://api.example.com/v1'],
    ['http://[::1]:11434', '/v1', 'http://[::1]:11434/v1'],
  ])('reads %s', (given, versionPath, meant) => {
    const { origin, path } = readBaseUrl(given, versionPath, CHAT)
    expect(origin + path).toBe(meant)
  })

  it.each([
    '',
    'api.openai.com/v1',
    'ftp://host/v1',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://',
    'https://u:p@host/v1',
    'https://host/v1?key=1',
    'https://host/v1#x',
  ])('refuses %j and says what to write', (given) => {
    expect(() => readBaseUrl(given, '/v1', CHAT)).toThrow(
      expect.objectContaining({ field: 'baseUrl', fix: expect.stringMatching(/./) }),
    )
  })
})
