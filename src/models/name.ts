/**
 * What a model is called once the decorations of vendors and clients are gone, so that one table knows
 * `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `anthropic/claude-sonnet-4.5:free` and `claude-sonnet-4-5[1m]` alike.
 * Keeps dates and sizes: those tell models apart.
 */
export function plainModelName(name: string): string {
  const last = withoutLongContext(name.toLowerCase()).split('/').at(-1) ?? ''
  const plain = last
    // `~anthropic/...-latest` is OpenRouter's spelling of a moving alias.
    .replace(/^~/, '')
    // Bedrock puts region and vendor in front, and its own version behind.
    .replace(/^(?:[a-z]{2,6}\.)?(?:anthropic|openai|meta|mistral|amazon|deepseek|qwen)\./, '')
    .replace(/-v\d+(?::\d+)?$/, '')
    // OpenRouter's variants name a price or a speed, Ollama's `latest` and `cloud` nothing at all.
    .replace(/:(?:free|batch|beta|thinking|extended|nitro|floor|online|exacto|latest|cloud)$/, '')
    // Ollama writes the size behind a colon, everybody else behind a dash; Vertex writes the date behind an at sign.
    .replaceAll(/[:@]/g, '-')
  return plain.startsWith('claude') ? plain.replaceAll('.', '-') : plain
}

/** The name without Claude Code's `[1m]`, which asks for the long context window and is no part of the model's name. */
export function withoutLongContext(name: string): string {
  // Nearly none ends so, and this is asked several times of each request.
  return name.endsWith(']') ? name.replace(/\[1m\]$/i, '') : name
}

export function asksForLongContext(name: string): boolean {
  return /\[1m\]$/i.test(name)
}

/** A plain name without its release date: `claude-haiku-4-5-20251001` and `gpt-5.5-2026-04-23` lose theirs. */
export function undatedModelName(plain: string): string {
  return plain.replace(/-(?:20\d{6}|20\d\d-\d\d-\d\d)(?=-|$)/, '')
}

/** Anthropic's classes of models, as people ask for them. New ones appear; these are those that the gateway knows. */
export const CLAUDE_CLASSES = ['opus', 'sonnet', 'haiku', 'fable', 'mythos'] as const

export type ClaudeClass = (typeof CLAUDE_CLASSES)[number]

export interface ClaudeModel {
  /** Null for a class that the gateway has not heard of, and for `claude-2` and `claude-instant`, which have none. */
  readonly class: ClaudeClass | null
  /** Major and minor together, so that versions compare as numbers: 4.5 is 405, 5 is 500; infinite for `-latest`. */
  readonly version: number
}

const CLASS_FIRST = /^claude-([a-z]+)-(\d{1,2})(?:-(\d{1,2})(?!\d))?/
const CLASS_LAST = /^claude-(\d{1,2})(?:-(\d{1,2}))?-([a-z]+)/
const NEWEST = /^claude-([a-z]+)(?:-latest)?$/
const CLASSLESS = /^claude-(?:instant-|v)?(\d)(?:-(\d)(?!\d))?/

/** What a Claude model's name says of it, however a vendor spells it; null when it names none. */
export function claudeModel(name: string): ClaudeModel | null {
  const plain = plainModelName(name)
  const first = CLASS_FIRST.exec(plain)
  if (first !== null && first[1] !== 'instant') return claude(first[1], first[2], first[3])
  const last = CLASS_LAST.exec(plain)
  if (last !== null) return claude(last[3], last[1], last[2])
  const newest = CLAUDE_CLASSES.find((candidate) => candidate === NEWEST.exec(plain)?.[1])
  if (newest !== undefined) return { class: newest, version: Infinity }
  const classless = CLASSLESS.exec(plain)
  return classless === null ? null : claude(undefined, classless[1], classless[2])
}

function claude(word: string | undefined, major: string | undefined, minor: string | undefined): ClaudeModel {
  const known = CLAUDE_CLASSES.find((candidate) => candidate === word)
  return { class: known ?? null, version: Number(major) * 100 + Number(minor ?? 0) }
}

/** A model that OpenAI serves itself; its open-weight ones are served by others only. */
export function isOpenAiModel(name: string): boolean {
  return /^(?:gpt-(?!oss|j-|neo)|chatgpt-|chat-latest$|codex-|computer-use|o\d)/.test(plainModelName(name))
}
