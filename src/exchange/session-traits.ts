import type { Part } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'
import type { Envelope } from '../protocols/protocol.ts'

/** What a request says about itself when the history is in front of it: routing has to know all that will be sent. */
export function withHistory(envelope: Envelope, id: string, history: readonly Message[]): Envelope {
  const count = { textBytes: 0, images: 0, documents: 0 }
  for (const { parts } of history) for (const part of parts) addPart(count, part)
  const { traits } = envelope
  return {
    ...envelope,
    traits: {
      ...traits,
      images: traits.images || count.images > 0,
      documents: traits.documents || count.documents > 0,
      textBytes: traits.textBytes + count.textBytes,
      media: traits.media + count.images + count.documents,
      messages: traits.messages + history.length,
      affinity: () => id,
    },
  }
}

interface Count {
  textBytes: number
  images: number
  documents: number
}

function addPart(count: Count, part: Part): void {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
      count.textBytes += Buffer.byteLength(part.text) - 2
      return
    case 'tool-call':
      count.textBytes += Buffer.byteLength(part.input)
      return
    case 'tool-result':
      for (const inner of part.content) addPart(count, inner)
      return
    case 'media':
      if (part.media === 'image') count.images++
      else if (part.media === 'document') count.documents++
      return
    case 'opaque':
      count.textBytes += Buffer.byteLength(part.raw)
      return
    default:
      part satisfies never
  }
}
