import type { Headers } from '../lib/headers.ts'
import type { Fault } from './fault.ts'
import { FAULT_FORMS, parseFault } from './fault.ts'

/** How one answer is to be given. A model has defaults, its name's suffix (`text?gap=20`) and `x-sim-*` headers change them. */
export interface Settings {
  readonly head: number
  readonly ttft: number
  readonly gap: number
  readonly tokens: number | null
  readonly fault: Fault | null
  readonly times: number | null
  readonly retryAfter: string | null
  readonly body: ErrorBody
  readonly code: string | null
  readonly input: number | null
  readonly output: number | null
  readonly thought: number | null
  readonly cached: number | null
  readonly written: number | null
  readonly cache: 'none' | 'auto'
  readonly batch: number
  readonly pings: number
  readonly split: number
  readonly crlf: boolean
  readonly encoding: ContentCoding
  readonly reasoning: ReasoningField
  readonly extra: 'deny' | 'allow'
  readonly bind: boolean
}

export type ErrorBody = 'json' | 'html' | 'text' | 'empty'
export type ContentCoding = 'identity' | 'gzip' | 'deflate' | 'br' | 'zstd'
/** Where a Chat answer carries its thinking: vendors of that protocol differ. */
export type ReasoningField = 'reasoning_content' | 'reasoning' | 'both' | 'details' | 'tag' | 'none'

export const DEFAULT_SETTINGS: Settings = {
  head: 0,
  ttft: 0,
  gap: 0,
  tokens: null,
  fault: null,
  times: null,
  retryAfter: null,
  body: 'json',
  code: null,
  input: null,
  output: null,
  thought: null,
  cached: null,
  written: null,
  cache: 'none',
  batch: 1,
  pings: 0,
  split: 0,
  crlf: false,
  encoding: 'identity',
  reasoning: 'reasoning_content',
  extra: 'deny',
  bind: false,
}

type Changes = { -readonly [Name in keyof Settings]?: Settings[Name] }

interface Setting {
  /** What values look like. */
  readonly form: string
  readonly about: string
  /** Notes the value down; false if it is not acceptable. */
  readonly set: (changes: Changes, text: string) => boolean
}

type NumericSetting = { [Name in keyof Settings]: number extends Settings[Name] ? Name : never }[keyof Settings]

function amount(name: NumericSetting, form: string, about: string): Setting {
  return {
    form,
    about,
    set(changes, text) {
      const value = Number(text)
      if (!/^\d+(\.\d+)?$/.test(text) || value > 1e9) return false
      changes[name] = value
      return true
    },
  }
}

function word<Word extends string>(
  words: readonly Word[],
  about: string,
  note: (changes: Changes, value: Word) => void,
): Setting {
  return {
    form: words.join('|'),
    about,
    set(changes, text) {
      const value = words.find((candidate) => candidate === text)
      if (value !== undefined) note(changes, value)
      return value !== undefined
    },
  }
}

const SETTINGS: ReadonlyMap<string, Setting> = new Map(
  Object.entries({
    head: amount('head', 'MS', 'wait before the head of the answer'),
    ttft: amount('ttft', 'MS', 'wait before the first token'),
    gap: amount('gap', 'MS', 'time from token to token'),
    tokens: amount('tokens', 'N', 'how many tokens of text (models that make their text up)'),
    fault: {
      form: FAULT_FORMS.map(([form]) => form).join('|'),
      about: 'what goes wrong',
      set(changes, text) {
        changes.fault = parseFault(text)
        return changes.fault !== null
      },
    },
    times: amount('times', 'N', 'only the first N such requests get the fault'),
    'retry-after': {
      form: 'SECONDS|DATE',
      about: 'header of an error answer',
      set(changes, text) {
        changes.retryAfter = text
        return text !== ''
      },
    },
    body: word(
      ['json', 'html', 'text', 'empty'],
      'body of an error answer',
      (changes, value) => (changes.body = value),
    ),
    code: {
      form: 'NAME',
      about: "machine-readable code of an error answer, in the vendor's field for it",
      set(changes, text) {
        changes.code = text
        return text !== ''
      },
    },
    input: amount('input', 'N', 'input tokens to report, cached ones included'),
    output: amount('output', 'N', 'output tokens to report'),
    thought: amount('thought', 'N', 'output tokens to report as thinking'),
    cached: amount('cached', 'N', 'input tokens to report as read from the prompt cache'),
    written: amount('written', 'N', 'input tokens to report as written to the prompt cache'),
    cache: word(
      ['none', 'auto'],
      'auto: a repeated prefix counts as cached',
      (changes, value) => (changes.cache = value),
    ),
    batch: amount('batch', 'N', 'events in one write'),
    pings: amount('pings', 'N', 'a keep-alive before every Nth event'),
    split: amount('split', 'BYTES', 'size of the writes, wherever that cuts'),
    crlf: word(['on', 'off'], 'line ends of event streams', (changes, value) => (changes.crlf = value === 'on')),
    encoding: word(
      ['identity', 'gzip', 'deflate', 'br', 'zstd'],
      'content coding of the answer',
      (changes, value) => (changes.encoding = value),
    ),
    reasoning: word(
      ['reasoning_content', 'reasoning', 'both', 'details', 'tag', 'none'],
      'where a Chat answer carries its thinking',
      (changes, value) => (changes.reasoning = value),
    ),
    extra: word(
      ['deny', 'allow'],
      'what to do with unknown request fields',
      (changes, value) => (changes.extra = value),
    ),
    bind: word(
      ['on', 'off'],
      'bind thinking to the prompt before it, as the newest Claude models do',
      (changes, value) => (changes.bind = value === 'on'),
    ),
  } satisfies Record<string, Setting>),
)

/** Each setting's name with the form of its values and what it does, for people. */
export const SETTING_FORMS: readonly (readonly [name: string, form: string, about: string])[] = [...SETTINGS].map(
  ([name, { form, about }]) => [name, form, about],
)

const HEADER_PREFIX = 'x-sim-'

/** A model's name without its settings. */
export function nameOfModel(model: string): string {
  const mark = model.indexOf('?')
  return mark === -1 ? model : model.slice(0, mark)
}

/** The settings that a request asks for, or a sentence that says which one is wrong. */
export function readSettings(defaults: Settings, model: string, headers: Headers): Settings | string {
  const mark = model.indexOf('?')
  const changes: Changes = {}
  const wanted = mark === -1 ? [] : [...new URLSearchParams(model.slice(mark + 1))]
  for (const name in headers) {
    if (name.startsWith(HEADER_PREFIX)) wanted.push([name.slice(HEADER_PREFIX.length), headers[name] ?? ''])
  }
  for (const [name, value] of wanted) {
    const setting = SETTINGS.get(name)
    if (setting === undefined)
      return `unknown simulator setting '${name}'; there are ${[...SETTINGS.keys()].join(', ')}`
    if (!setting.set(changes, value)) return `simulator setting '${name}' takes ${setting.form}, not '${value}'`
  }
  return wanted.length === 0 ? defaults : { ...defaults, ...changes }
}
