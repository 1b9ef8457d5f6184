import { promisify } from 'node:util'
import { zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import type { Part } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'
import { scanJson, toJsonText } from '../lib/json.ts'
import { readMessages, readParts } from './read-messages.ts'
import { NO_DETAILS } from './session.ts'
import type { Session, SessionDetails, Turn } from './session.ts'
import type { Changes } from './session-changes.ts'
import type { SessionChange, StoredSession, StoredTurn } from './session-store.ts'
import { writeMessages, writeParts } from './write-messages.ts'

const compressAside = promisify(zstdCompress)
const decompressAside = promisify(zstdDecompress)

/** The first byte of what is stored says how the rest is. */
const PLAIN = 0
const ZSTD = 1
/** Bytes. Of less than a page of a file nothing is saved that would be worth the time, which each request pays. */
const WORTH_COMPRESSING = 4096
/** Bytes. More than this would keep every other request waiting; it goes to a thread. */
const AT_ONCE = 64 * 1024

const NOTHING = Buffer.alloc(0)

/** Between sessions and the bytes that stores keep. What only its vendor can read comes back byte for byte. */
export class SessionCodec {
  readonly #compresses: () => boolean

  constructor(compresses: () => boolean) {
    this.#compresses = compresses
  }

  async encodeTurn(messages: readonly Message[]): Promise<StoredTurn> {
    const bytes = Buffer.from(writeMessages(messages))
    return { messages: messages.length, bytes: bytes.length, content: await this.#pack(bytes) }
  }

  /** Of a system prompt. */
  async encodeOpening(instructions: readonly Part[]): Promise<Buffer> {
    return instructions.length === 0 ? NOTHING : this.#pack(Buffer.from(writeParts(instructions)))
  }

  /** `version`: of the session that changes. */
  async encodeChanges(
    version: number,
    { details, instructions, messages = [], drop = 0 }: Changes,
  ): Promise<SessionChange> {
    return {
      version,
      drop,
      ...(details !== undefined && { details: writeDetails(details) }),
      ...(instructions !== undefined && { opening: await this.encodeOpening(instructions) }),
      ...(messages.length > 0 && { turn: await this.encodeTurn(messages) }),
    }
  }

  /** Throws where it is no session of ours. */
  async decode({ record, opening, turns }: StoredSession): Promise<Session> {
    return {
      record,
      details: readDetails(record.details),
      instructions: opening.length === 0 ? [] : readParts(await unpack(opening, opening.length)),
      turns: await Promise.all(turns.map(decodeTurn)),
    }
  }

  async #pack(bytes: Buffer): Promise<Buffer> {
    if (!this.#compresses() || bytes.length < WORTH_COMPRESSING) return framed(PLAIN, bytes)
    return framed(ZSTD, bytes.length > AT_ONCE ? await compressAside(bytes) : zstdCompressSync(bytes))
  }
}

async function decodeTurn({ content, bytes }: StoredTurn): Promise<Turn> {
  return { messages: readMessages(await unpack(content, bytes)), bytes }
}

function framed(kind: number, bytes: Buffer): Buffer {
  const frame = Buffer.allocUnsafeSlow(bytes.length + 1)
  frame[0] = kind
  bytes.copy(frame, 1)
  return frame
}

/** `size`: about how many bytes it will be. */
async function unpack(frame: Buffer, size: number): Promise<string> {
  const bytes = frame.subarray(1)
  switch (frame[0]) {
    case PLAIN:
      return bytes.toString()
    case ZSTD:
      return (size > AT_ONCE ? await decompressAside(bytes) : zstdDecompressSync(bytes)).toString()
    default:
      throw new Error('A stored session was written by a newer version of ucr.')
  }
}

export function writeDetails({ metadata, ...details }: SessionDetails): string {
  const { owner, model, title, maxTurns, failure, failures, dropped } = details
  return toJsonText({ owner, model, title, maxTurns, metadata, failure: failure && { ...failure }, failures, dropped })
}

export function readDetails(text: string): SessionDetails {
  const node = scanJson(text)
  const metadata = node.get('metadata')?.string
  const failure = node.get('failure')
  const code = failure?.get('code')?.string
  return {
    ...NO_DETAILS,
    owner: node.get('owner')?.string ?? null,
    model: node.get('model')?.string ?? null,
    title: node.get('title')?.string ?? null,
    maxTurns: node.get('maxTurns')?.number ?? null,
    // A text in the text: as it was written, not as it would be written again.
    metadata: metadata === undefined ? null : scanJson(metadata).raw,
    failure: code === undefined ? null : { at: failure?.get('at')?.number ?? 0, code },
    failures: node.get('failures')?.number ?? 0,
    dropped: node.get('dropped')?.number ?? 0,
  }
}
