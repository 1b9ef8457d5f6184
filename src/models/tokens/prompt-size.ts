import type { MediaPart, OpaquePart, Part } from '../../canonical/content.ts'
import { decodeJsonString } from '../../lib/json.ts'
import { imageSize } from './image-size.ts'
import { imageTokens } from './image-tokens.ts'
import type { ImageDetail } from './image-tokens.ts'
import { pdfPages } from './pdf-pages.ts'

/** Tokens of a text. A promise, as a long text is counted in pieces between which others get their turn. */
export type CountText = (text: string) => Promise<number>

/** What a model's vendor adds around the contents of a prompt is counted by a format; contents are the same everywhere. */
export async function sum<T>(items: readonly T[], tokensOf: (item: T) => Promise<number> | number): Promise<number> {
  let total = 0
  for (const item of items) total += await tokensOf(item)
  return total
}

/** A page of a document is read as text and looked at as an image. */
const PAGE_TOKENS = 2200
/** A document of which nothing is known but that it is one. */
const UNKNOWN_DOCUMENT_TOKENS = 4 * PAGE_TOKENS
/** A minute of speech, about. */
const AUDIO_TOKENS = 600

export async function mediaTokens(part: MediaPart, model: string, count: CountText): Promise<number> {
  const { source } = part
  const labels = [part.title, part.context].filter((label) => label !== null)
  const labelled = await sum(labels, (label) => count(decodeJsonString(label)))
  if (source.type === 'text') return labelled + (await count(decodeJsonString(source.data)))
  const data = source.type === 'base64' ? decodeJsonString(source.data) : null
  switch (part.media) {
    case 'image':
      return labelled + imageTokens(data === null ? null : imageSize(data), model, detailOf(part))
    case 'document':
      return labelled + (data === null ? UNKNOWN_DOCUMENT_TOKENS : pdfPages(data) * PAGE_TOKENS)
    case 'audio':
      return labelled + AUDIO_TOKENS
    default:
      return part.media satisfies never
  }
}

function detailOf({ ext }: MediaPart): ImageDetail {
  const detail = ext?.fields.get('detail')
  return detail === '"low"' ? 'low' : detail === '"high"' ? 'high' : 'auto'
}

/** A block that nobody typed is counted as its JSON, but for what only the vendor can read. */
export function opaqueTokens({ raw }: OpaquePart, count: CountText): Promise<number> {
  return count(raw.replaceAll(/"[A-Za-z0-9+/=_-]{200,}"/g, '""'))
}

/** Thinking that only the vendor can read: its seal holds it encrypted, in base64, with a header. */
export function sealedTokens(part: Part): number {
  if (part.kind !== 'reasoning' || part.seal === null) return 0
  return Math.max(0, Math.round((part.seal.value.length - SEAL_HEADER) / SEAL_CHARACTERS_PER_TOKEN))
}

const SEAL_HEADER = 300
const SEAL_CHARACTERS_PER_TOKEN = 5.5
