import { describe, expect, it } from 'vitest'
import { ConfigDocument } from '../config/document.ts'
import { firstConfigText } from './first-config.ts'

/** What the text says, comments aside. */
function read(text: string): unknown {
  return JSON.parse(new ConfigDocument('first.json', text).text.replaceAll(/^\s*\/\/.*$/gm, ''))
}

describe('firstConfigText()', () => {
  it('is a config with everything in its place', () => {
    const text = firstConfigText({
      host: '0.0.0.0',
      port: 8080,
      providers: [
        { id: 'groq', type: 'groq', baseUrl: null, keyVariable: 'GROQ_API_KEY' },
        { id: 'ollama', type: 'ollama', baseUrl: 'http://127.0.0.1:11434', keyVariable: null },
      ],
      keys: [{ name: 'me', hash: 'sha256:00' }],
      router: { default: 'groq', think: 'ollama' },
    })
    expect(read(text)).toEqual({
      $schema: expect.stringMatching(/^https:/),
      server: { host: '0.0.0.0', port: 8080 },
      auth: { keys: [{ name: 'me', hash: 'sha256:00' }] },
      providers: [
        { id: 'groq', type: 'groq', apiKey: '${GROQ_API_KEY}' },
        { id: 'ollama', type: 'ollama', baseUrl: 'http://127.0.0.1:11434' },
      ],
      router: { default: 'groq', think: 'ollama' },
    })
  })

  it('leaves out what there is none of', () => {
    const text = firstConfigText({ host: '127.0.0.1', port: 3000, providers: [], keys: [], router: {} })
    expect(read(text)).toEqual({
      $schema: expect.any(String),
      server: { host: '127.0.0.1', port: 3000 },
      auth: { keys: [] },
      providers: [],
    })
  })
})
