import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import vocabulary from '../data/claude-vocabulary.json' with { type: 'json' }
import { ClaudeEncoding } from './claude-encoding.ts'

const first = new ClaudeEncoding(vocabulary.first)
const second = new ClaudeEncoding(vocabulary.second)

/**
 * Texts with the tokens that ctok 1.3.0 gives them for Claude 3 to 4.6 and for 4.8 and later. Its authors found it exact
 * against the vendor's own count on all of their 250 held-out documents.
 */
const CORPUS: readonly (readonly [string, string, number, number])[] = [
  [
    'English prose',
    'When the rain stopped, the two of them walked down to the harbour without saying much. A gull was complaining on the mast of the only boat that was still in the water, and somewhere behind the sheds a radio was playing a song that neither of them knew. "We could still go," she said. He didn\'t answer; he was counting the steps.',
    77,
    99,
  ],
  [
    'German prose',
    'Als der Regen aufhörte, gingen die beiden schweigend zum Hafen hinunter. Eine Möwe beschwerte sich auf dem Mast des einzigen Bootes, das noch im Wasser lag, und irgendwo hinter den Schuppen spielte ein Radio ein Lied, das keiner von ihnen kannte.',
    84,
    118,
  ],
  [
    'Chinese prose',
    '雨停了以后，两个人默默地走向港口。海鸥在唯一还停在水里的船的桅杆上叫着，仓库后面不知什么地方传来收音机的歌声，谁也没听过那首歌。',
    76,
    75,
  ],
  [
    'Russian prose',
    'Когда дождь прекратился, они вдвоём молча пошли к гавани. Чайка жаловалась на мачте единственной лодки, которая ещё стояла в воде.',
    59,
    59,
  ],
  [
    'Japanese prose',
    '雨がやむと、二人は黙って港へ下りていった。まだ水に残っている一隻だけの船のマストで、カモメが鳴いていた。',
    53,
    52,
  ],
  [
    'TypeScript',
    'export function retryDelay(attempts: number, retryAfter: number | null): number {\n  const backoff = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempts - 1))\n  // Never sooner than the vendor asked.\n  return retryAfter === null ? backoff : Math.max(backoff, retryAfter * 1000)\n}\n',
    96,
    125,
  ],
  [
    'Python',
    'class LRUCache:\n    """Keeps the last `size` results."""\n\n    def __init__(self, size=128):\n        self._size = size\n        self._data = OrderedDict()\n\n    def get(self, key, default=None):\n        if key not in self._data:\n            return default\n        self._data.move_to_end(key)\n        return self._data[key]\n',
    97,
    105,
  ],
  [
    'JSON',
    '{"id": 12345678901234567890, "name": "router", "tags": ["a", "b"], "nested": {"enabled": true, "ratio": 0.25, "url": "https://api.example.com/v1/items?page=2&limit=50"}}',
    69,
    81,
  ],
  [
    'a shell session',
    '$ git status --short\n M src/routing/router.ts\n?? docs/reference/providers.md\n$ npm test -- --reporter=dot\n ✓ 202 tests passed (1.4s)\n',
    51,
    65,
  ],
  [
    'Markdown with a table',
    '## Limits\n\n| what | default |\n| --- | --- |\n| body | 32 MB |\n| header | 16 KB |\n\n- **Loopback** by default\n- `--host` needs a key\n',
    52,
    58,
  ],
  ['emoji and symbols', "Done 🎉 → all 3 checks ✓ (100 %) — “great”, isn't it? 👍🏽", 35, 39],
  [
    'words in capitals',
    'WARNING: DEPRECATED API. Use GetUserById or HTTPServer instead of GET_USER; see RFC 9110.',
    25,
    45,
  ],
]

describe('ClaudeEncoding', () => {
  it.each(CORPUS)('counts %s', (_, text, byFirst, bySecond) => {
    expect(Math.abs(first.count(text) - byFirst)).toBeLessThanOrEqual(1)
    expect(Math.abs(second.count(text) - bySecond)).toBeLessThanOrEqual(1)
  })

  it('takes a blank between words for no token, and other white space for one', () => {
    expect(second.count('of the')).toBe(2)
    expect(second.count('of  the')).toBe(3)
    expect(second.count('of\nthe')).toBe(3)
  })

  it('counts nothing for nothing, and for what the API removes', () => {
    expect(first.count('')).toBe(0)
    expect(first.count('\u0007\u001b\ue000')).toBe(0)
    expect(first.count('a\u0001b')).toBe(first.count('ab'))
  })

  it('spells what it has no piece for in bytes', () => {
    expect(second.count('\u{1F9FF}')).toBeGreaterThan(1)
    expect(second.count('\ud800')).toBe(second.count('\ufffd'))
  })

  it('gives any text a count between none and one for each byte, the same every time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const encoding of [first, second]) {
          const count = encoding.count(text)
          expect(count).toBeGreaterThanOrEqual(0)
          // Borders and capitals may be tokens of their own.
          expect(count).toBeLessThanOrEqual(Buffer.byteLength(text.normalize('NFC')) * 3 + 3)
          expect(encoding.count(text)).toBe(count)
        }
      }),
    )
  })

  it('takes time in proportion to a text without a blank', () => {
    expect(first.count('a'.repeat(300_000))).toBeGreaterThan(1000)
  })
})
