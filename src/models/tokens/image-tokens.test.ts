import { describe, expect, it } from 'vitest'
import { imageTokens } from './image-tokens.ts'

describe('imageTokens()', () => {
  it.each([
    // https://platform.claude.com/docs/en/build-with-claude/vision
    [200, 200, 'claude-sonnet-4-5', 64],
    [1000, 1000, 'claude-sonnet-4-5', 1296],
    [1092, 1092, 'claude-sonnet-4-5', 1521],
    [1920, 1080, 'claude-haiku-4-5', 1560],
    [1920, 1080, 'claude-opus-5-5', 2691],
    [3840, 2160, 'claude-opus-4-7', 4784],
    [4032, 3024, 'claude-opus-4-8', 4740],
    // https://developers.openai.com/api/docs/guides/images-vision
    [1024, 1024, 'gpt-4o', 765],
    [2048, 4096, 'gpt-4o', 1105],
    [1024, 1024, 'gpt-4o-mini', 25_501],
    [1024, 1024, 'gpt-5.4', 1229],
    [2048, 2048, 'gpt-5.4', 3000],
    [1280, 720, 'gpt-6-astra', 1104],
    [3840, 2160, 'gpt-6-astra', 9792],
    [4032, 3024, 'gpt-5.5', 11_868],
  ])('gives %i x %i on %s what the vendor publishes', (width, height, model, tokens) => {
    expect(Math.abs(imageTokens({ width, height }, model) / tokens - 1)).toBeLessThan(0.02)
  })

  it('knows what detail changes', () => {
    const size = { width: 4096, height: 4096 }
    expect(imageTokens(size, 'gpt-4o', 'low')).toBe(85)
    expect(imageTokens(size, 'gpt-6-sol', 'low')).toBe(Math.ceil(256 * 1.2))
    expect(imageTokens(size, 'gpt-6-sol', 'high')).toBe(3000)
  })

  it('takes an image of unknown size for a screenshot', () => {
    expect(imageTokens(null, 'claude-sonnet-5')).toBeGreaterThan(1000)
    expect(imageTokens(null, 'llama-4')).toBeGreaterThan(500)
  })

  it('comes to an end for any size', () => {
    const most = 0xffffffff
    for (const model of ['claude-opus-5', 'gpt-6-sol', 'gpt-4o', 'gemini-4-argon', 'x']) {
      for (const [width, height] of [
        [most, most],
        [most, 1],
        [1, most],
        [1, 1],
      ] as const) {
        expect(imageTokens({ width, height }, model)).toBeGreaterThan(0)
      }
    }
  })
})
