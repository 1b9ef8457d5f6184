/** Words by which vendors say that the prompt does not fit. Checked against their references and recorded answers. */
const WORDINGS: readonly RegExp[] = [
  // OpenAI, Azure, DeepSeek, OpenRouter, Together, vLLM, Fireworks, Mistral
  /maximum context length/i,
  // xAI
  /maximum prompt length/i,
  // Anthropic, Fireworks
  /prompt is too long/i,
  /input is too long/i,
  // llama.cpp, Ollama, LM Studio, SGLang, MiniMax, Perplexity
  /exceed\w* (?:the |its |our |model'?s? )*(?:available |maximum |max )?(?:context|input) (?:size|length|window)/i,
  /context (?:size|length|window) (?:has been )?exceed/i,
  /context window exceeds limit/i,
  /longer than the model'?s context length/i,
  /greater than the context length/i,
  /context the overflows/i,
  // Groq, Cerebras
  /reduce the length of (?:the |your )?(?:messages|prompt|input)/i,
  // Gemini
  /input token count .*exceeds the maximum/i,
  // Cohere
  /too many tokens: /i,
  // Moonshot
  /exceeded model token limit/i,
  // Z.ai
  /prompt exceeds max(?:imum)? length/i,
  // Qwen
  /range of input length should be/i,
  // Hugging Face
  /`?inputs`? tokens \+ `?max_new_tokens`? must be/i,
  // GitHub Models
  /request body too large for .* model\. max size: /i,
]

const CODES = new Set([
  'context_length_exceeded',
  'context_window_exceeded',
  'exceed_context_size_error',
  'model_context_window_exceeded',
  'tokens_limit_reached',
  'prompt_too_long',
  // Z.ai
  '1261',
])

const NUMBER = String.raw`\D{0,12}?([\d,]{3,})`
const LIMITS: readonly RegExp[] = [
  new RegExp(String.raw`(?:maximum|max) (?:context|prompt) length(?: is| of)?${NUMBER}`, 'i'),
  new RegExp(String.raw`context (?:length|size|window)(?: is| of)?${NUMBER}`, 'i'),
  new RegExp(
    String.raw`(?:token limit|limit is|maximum number of tokens allowed|max size|cannot exceed)${NUMBER}`,
    'i',
  ),
  /([\d,]{3,})\s+(?:tokens?\s+)?maximum/i,
]
const SIZES: readonly RegExp[] = [
  new RegExp(
    String.raw`(?:requested(?: about)?|resulted in|contains|current length is|token count|too long:|the input|request)${NUMBER}`,
    'i',
  ),
]

/** True when this error says that the prompt is larger than the model's context. */
export function isContextOverflow(codes: readonly (string | null)[], message: string): boolean {
  return codes.some((code) => code !== null && CODES.has(code)) || WORDINGS.some((wording) => wording.test(message))
}

/**
 * The message for the client. Claude Code compacts the conversation by itself when an error starts with these words, and
 * reads the two numbers.
 */
export function overflowMessage(
  message: string,
  sizes: { readonly tokens: number; readonly limit: number } | null,
): string {
  const { tokens, limit } = sizes ?? { tokens: find(SIZES, message), limit: find(LIMITS, message) }
  if (tokens > limit && limit > 0) return `prompt is too long: ${tokens} tokens > ${limit} maximum`
  return /^prompt is too long/i.test(message) ? message : `prompt is too long: ${message}`
}

function find(patterns: readonly RegExp[], message: string): number {
  for (const pattern of patterns) {
    const digits = pattern.exec(message)?.[1]
    if (digits !== undefined) return Number(digits.replaceAll(',', ''))
  }
  return 0
}
