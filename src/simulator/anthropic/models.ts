import type { ListedModel } from '../vendor.ts'

const DEFAULT_PAGE = 20
const LARGEST_PAGE = 1000

/** One page of the list: `limit`, `after_id` and `before_id` work as the vendor's do. */
export function writeModelPage(models: readonly ListedModel[], query: URLSearchParams): string {
  const limit = Math.min(LARGEST_PAGE, Math.max(1, Number(query.get('limit') ?? DEFAULT_PAGE) || DEFAULT_PAGE))
  const after = models.findIndex(({ id }) => id === query.get('after_id'))
  const before = models.findIndex(({ id }) => id === query.get('before_id'))
  const start = before === -1 ? after + 1 : Math.max(0, before - limit)
  const page = models.slice(start, before === -1 ? start + limit : before)
  const hasMore = before === -1 ? start + page.length < models.length : start > 0
  return JSON.stringify({
    data: page.map(modelInfo),
    has_more: hasMore,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  })
}

export function writeModel(model: ListedModel): string {
  return JSON.stringify(modelInfo(model))
}

const YES = { supported: true }
const NO = { supported: false }

const CAPABILITIES = {
  batch: NO,
  citations: NO,
  code_execution: NO,
  context_management: {
    supported: false,
    clear_thinking_20251015: null,
    clear_tool_uses_20250919: null,
    compact_20260112: null,
  },
  effort: { supported: true, low: YES, medium: YES, high: YES, xhigh: YES, max: YES },
  image_input: YES,
  pdf_input: YES,
  server_tools: { supported: false, code_execution: NO, web_search: NO },
  structured_outputs: YES,
  thinking: { supported: true, types: { adaptive: YES, enabled: YES, disabled: YES, between_tools: NO } },
}

function modelInfo(model: ListedModel): object {
  return {
    type: 'model',
    id: model.id,
    display_name: `Simulator: ${model.id}`,
    description: model.about,
    created_at: '2026-01-01T00:00:00Z',
    lifecycle: 'active',
    line: null,
    deprecated_at: null,
    retires_at: null,
    max_input_tokens: model.maxInputTokens,
    max_tokens: model.maxOutputTokens,
    capabilities: CAPABILITIES,
  }
}
