import { claudeModel, isOpenAiModel, plainModelName } from '../name.ts'
import type { PixelSize } from './image-size.ts'

/** What an image whose size nobody knows (a URL, a file id) is taken for: a screenshot. */
const UNKNOWN_SIZE: PixelSize = { width: 1280, height: 800 }

/** What of `detail` changes the size that OpenAI looks at. */
export type ImageDetail = 'low' | 'high' | 'auto'

/** Input tokens of one image, by the rules that its model's vendor publishes. */
export function imageTokens(size: PixelSize | null, model: string, detail: ImageDetail = 'auto'): number {
  const known = size ?? UNKNOWN_SIZE
  const claude = claudeModel(model)
  if (claude !== null) return claudeImage(known, claude.version)
  const plain = plainModelName(model)
  if (plain.startsWith('gemini')) return GEMINI_IMAGE
  return isOpenAiModel(model) ? openAiImage(known, plain, detail) : claudeImage(known, 0)
}

/** Gemini scales every image to about the same budget. */
const GEMINI_IMAGE = 1090

/** Claude sees patches of 28 pixels, more of them from 4.7 on. https://platform.claude.com/docs/en/build-with-claude/vision */
function claudeImage(size: PixelSize, version: number): number {
  const limits = version >= 407 ? { edge: 2576, patches: 4784 } : { edge: 1568, patches: 1568 }
  return patches(fitted(size, 28, limits.edge, limits.patches), 28)
}

function patches({ width, height }: PixelSize, edge: number): number {
  return Math.ceil(width / edge) * Math.ceil(height / edge)
}

/** The largest size of the same proportions that is within both limits. */
function fitted(size: PixelSize, patch: number, edge: number, most: number): PixelSize {
  const scaled = (scale: number): PixelSize => ({
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  })
  let scale = Math.min(1, edge / Math.max(size.width, size.height))
  // A patch that hangs over the border costs as much as a whole one, so the area alone does not tell the scale.
  while (patches(scaled(scale), patch) > most) scale *= 0.999
  return scaled(scale)
}

interface PatchRule {
  readonly models: RegExp
  readonly multiplier: number
  readonly edge: number
  readonly patches: number
}

/** https://developers.openai.com/api/docs/guides/images-vision: the first that fits counts. */
const OPENAI_PATCHES: readonly PatchRule[] = [
  { models: /^gpt-4\.1-mini/, multiplier: 1.62, edge: 2048, patches: 6144 },
  { models: /^gpt-4\.1-nano/, multiplier: 2.46, edge: 2048, patches: 1536 },
  { models: /^o4-mini/, multiplier: 1.72, edge: 2048, patches: 1536 },
  { models: /^gpt-5-mini/, multiplier: 1.2, edge: 2048, patches: 1536 },
  { models: /^gpt-5-nano/, multiplier: 1.5, edge: 2048, patches: 1536 },
  { models: /^gpt-5\.2/, multiplier: 1.2, edge: 2048, patches: 6144 },
  { models: /^gpt-5\.4/, multiplier: 1.2, edge: 2048, patches: 2500 },
  { models: /^gpt-5\.5/, multiplier: 1.2, edge: 6000, patches: 10_000 },
  { models: /^gpt-(?:5\.[6-9]|[6-9])/, multiplier: 1.2, edge: 65_535, patches: 30_000 },
]
const HIGH_DETAIL = { edge: 2048, patches: 2500 }
const LOW_DETAIL = { edge: 512, patches: 256 }

interface TileRule {
  readonly models: RegExp
  readonly base: number
  readonly tile: number
}

const OPENAI_TILES: readonly TileRule[] = [
  { models: /^gpt-4o-mini/, base: 2833, tile: 5667 },
  { models: /^gpt-5/, base: 70, tile: 140 },
  { models: /^o\d/, base: 75, tile: 150 },
  { models: /./, base: 85, tile: 170 },
]

function openAiImage(size: PixelSize, model: string, detail: ImageDetail): number {
  const rule = OPENAI_PATCHES.find(({ models }) => models.test(model))
  if (rule === undefined) return tiledImage(size, model, detail)
  const limits = detail === 'auto' ? rule : detail === 'high' ? HIGH_DETAIL : LOW_DETAIL
  return Math.ceil(patches(fitted(size, 32, limits.edge, Math.min(limits.patches, rule.patches)), 32) * rule.multiplier)
}

/** Fitted into a square, then to a shortest side, then cut into tiles. */
function tiledImage({ width, height }: PixelSize, model: string, detail: ImageDetail): number {
  const { base, tile } = OPENAI_TILES.find(({ models }) => models.test(model)) ?? { base: 85, tile: 170 }
  if (detail === 'low') return base
  const scale = Math.min(1, 2048 / Math.max(width, height), 768 / Math.min(width, height))
  const tiles = Math.ceil(Math.floor(width * scale) / 512) * Math.ceil(Math.floor(height * scale) / 512)
  return base + tiles * tile
}
