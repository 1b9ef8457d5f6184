import { JsonObjectWriter, jsonArray, scanJson, toJsonText } from '../../lib/json.ts'
import type { JsonNode, JsonText } from '../../lib/json.ts'

/**
 * `url_citation` annotations, https://platform.openai.com/docs/guides/tools-web-search. The canonical form has Anthropic's
 * citations, which belong to a text block; the span in the content travels in two members of the same names, which
 * Anthropic's clients do not know and ignore.
 */
export function readAnnotations(node: JsonNode | undefined): Annotations {
  const citations: JsonText[] = []
  const others: JsonText[] = []
  for (const item of node?.items ?? []) {
    const citation = readAnnotation(item)
    if (citation === null) others.push(item.raw)
    else citations.push(citation)
  }
  return { citations, others }
}

export interface Annotations {
  readonly citations: readonly JsonText[]
  /** Of other kinds (OpenRouter's `file`), as they came. */
  readonly others: readonly JsonText[]
}

function readAnnotation(node: JsonNode): JsonText | null {
  const cited = node.kind === 'object' ? node.get('url_citation') : undefined
  const url = cited?.kind === 'object' ? cited.get('url') : undefined
  if (cited === undefined || url?.kind !== 'string') return null
  const text = (name: string): JsonText => {
    const value = cited.get(name)
    return value?.kind === 'string' ? value.raw : toJsonText('')
  }
  return new JsonObjectWriter()
    .add('type', toJsonText('web_search_result_location'))
    .add('url', url.raw)
    .add('title', text('title'))
    .add('encrypted_index', toJsonText(''))
    .add('cited_text', text('content'))
    .add('start_index', cited.get('start_index')?.raw ?? null)
    .add('end_index', cited.get('end_index')?.raw ?? null).text
}

/** Where a cited text block stands in the content, in UTF-16 code units: what a client slices with. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The annotation for one Anthropic citation, or null when it has no address to point at. */
export function writeAnnotation(citation: JsonText, span: Span): JsonText | null {
  const node = scanJson(citation)
  const url = addressOf(node)
  if (url === null) return null
  const cited = node.get('cited_text')
  return new JsonObjectWriter().add('type', toJsonText('url_citation')).add(
    'url_citation',
    new JsonObjectWriter()
      .add('url', url.raw)
      .add('title', node.get('title')?.kind === 'string' ? (node.get('title')?.raw ?? null) : toJsonText(''))
      .add('start_index', node.get('start_index')?.raw ?? toJsonText(span.start))
      .add('end_index', node.get('end_index')?.raw ?? toJsonText(span.end))
      .add('content', cited?.kind === 'string' && cited.string !== '' ? cited.raw : null).text,
  ).text
}

/** `web_search_result_location` has `url`, `search_result_location` a `source` that mostly is one. */
function addressOf(node: JsonNode): JsonNode | null {
  for (const name of ['url', 'source']) {
    const value = node.get(name)
    if (value?.kind === 'string' && /^https?:\/\//.test(value.string ?? '')) return value
  }
  return null
}

/** The elements of a part's citations. */
export function citationsOf(citations: JsonText | null): readonly JsonText[] {
  return citations === null ? [] : scanJson(citations).items.map((item) => item.raw)
}

export function annotationList(annotations: readonly JsonText[]): JsonText | null {
  return annotations.length === 0 ? null : jsonArray(annotations)
}
