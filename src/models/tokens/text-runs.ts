/** What a run of text is to Claude's tokenizer. Pieces of its vocabulary never span two runs. */
export type RunKind =
  /** Letters of scripts that are written with spaces between words. */
  | 'word'
  | 'digits'
  | 'space'
  /** ASCII, and a few that behave like it. */
  | 'punctuation'
  /** Punctuation and symbols of other scripts. */
  | 'symbols'
  /** Everything that has no word borders: Han, Hangul, emoji, other scripts' digits. */
  | 'other'

export interface Run {
  readonly kind: RunKind
  readonly text: string
}

const SPACELESS = String.raw`\u3005\u3006\u3031-\u3035\u303b\u303c\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff`
const LETTERS = String.raw`\p{L}[\p{M}&&\p{Alphabetic}]\u16ee-\u16f0\u2160-\u2188\u24b6-\u24e9\ua6e6-\ua6ef`
/** Beyond ASCII, no category tells these from the other symbols. */
const PUNCTUATION = String.raw`!-\/:-@\[-\`\{-~—»«•°„–−£§€…√→（№†└│├·─═█`
const IDEOGRAPHIC = String.raw`\u3001-\u303f`

/** The groups in the order of `GROUPS`; the last one takes any single character. */
const RUN = new RegExp(
  [
    String.raw`([[[${LETTERS}]&&[\0-\uffff]]--[${SPACELESS}]]+)`,
    String.raw`([0-9\u0660-\u0669\u06f0-\u06f9]+)`,
    String.raw`([\p{Z}\t\n\r\f\v]+)`,
    String.raw`([${PUNCTUATION}]+)`,
    String.raw`([[[\p{P}\p{S}\p{Cf}]&&[\0-\uffff]]--[${IDEOGRAPHIC}${PUNCTUATION}]]+)`,
    '(.)',
  ].join('|'),
  'gsv',
)
const GROUPS: readonly RunKind[] = ['word', 'digits', 'space', 'punctuation', 'symbols', 'other']

/** Cuts text where the kind of character changes. */
export function textRuns(text: string): readonly Run[] {
  const runs: Run[] = []
  let others = ''
  for (const match of text.matchAll(RUN)) {
    let group = 1
    while (match[group] === undefined) group++
    const kind = GROUPS[group - 1] ?? 'other'
    if (kind === 'other') {
      others += match[0]
      continue
    }
    if (others !== '') runs.push({ kind: 'other', text: others })
    others = ''
    runs.push({ kind, text: match[0] })
  }
  if (others !== '') runs.push({ kind: 'other', text: others })
  return runs
}

// What the API removes before it looks at a text: control characters but for tab, newline and NUL; private use.
const REMOVED = /[\u0001-\u0008\u000b-\u001f\u007f-\u009f\ue000-\uf8ff]/gu
// NUL and all spaces but the ideographic one count as a space.
const SPACES = /[\0\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f]/gu

/** The text as the tokenizer sees it. */
export function normalizeText(text: string): string {
  return text.toWellFormed().normalize('NFC').replaceAll(REMOVED, '').replaceAll(SPACES, ' ')
}

/** Claude 3 to 4.6 see typographic quotes as plain ones. */
export function foldQuotes(text: string): string {
  return text.replaceAll(/[\u2018\u2019]/g, "'").replaceAll(/[\u201c\u201d]/g, '"')
}
