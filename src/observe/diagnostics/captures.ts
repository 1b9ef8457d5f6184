import { freemem } from 'node:os'
import { getHeapStatistics, writeHeapSnapshot } from 'node:v8'
import { writeFile } from 'node:fs/promises'
import { GatewayError } from '../../lib/error.ts'
import { cgroupLimits } from '../cgroup.ts'
import { cpuProfile } from './cpu-profile.ts'
import type { Capture, CaptureFolder, CaptureKind } from './capture-folder.ts'

/** What is to be captured. */
export type CaptureOrder =
  | { readonly kind: 'heap' }
  | { readonly kind: 'cpu'; /** From 1 to 60. */ readonly seconds: number }

/** A capture, and the names of older ones that went for it. */
export interface Captured {
  readonly capture: Capture
  readonly removed: readonly string[]
}

export interface CapturesOptions {
  readonly folder: CaptureFolder
  /** Bytes of memory that this process may still take. */
  readonly freeMemory: () => number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Unix milliseconds. */
  readonly wallClock: () => number
  /** Does the work so that whoever watches this process does not take it for one that hangs. */
  readonly excused: <T>(kind: CaptureKind, work: () => Promise<T>) => Promise<T>
}

const MEGABYTE = 1024 * 1024
/** Milliseconds from the start of one capture to the next. */
const PAUSE = 60_000
const MOST_FILES = 10
/** Bytes that stay free for everybody else. */
const SPARE_DISK = 64 * MEGABYTE
const SPARE_MEMORY = 32 * MEGABYTE
/** A snapshot's bytes for each byte of the heap, at most. */
const DISK_PER_HEAP = 2

/** Snapshots of this process's heap and profiles of its CPU: one at a time, and one a minute. */
export class Captures {
  readonly #options: CapturesOptions
  readonly #closing = new AbortController()
  #running = false
  #startedAt = -Infinity

  constructor(options: CapturesOptions) {
    this.#options = options
  }

  /** Throws GatewayError `rate_limited`, `insufficient_storage`; leaves nothing half done. */
  async take(order: CaptureOrder): Promise<Captured> {
    const { folder, now, wallClock, excused } = this.#options
    this.#checkTurn(now())
    this.#running = true
    try {
      await this.#checkRoom(order)
      this.#startedAt = now()
      const add = () => folder.add(order.kind, wallClock(), (path) => this.#write(order, path))
      const capture = await excused(order.kind, add)
      return { capture, removed: await folder.prune(MOST_FILES) }
    } catch (thrown) {
      throw isFull(thrown) ? noRoom('The disk was full before the capture was written.', thrown) : thrown
    } finally {
      this.#running = false
    }
  }

  /** A profile that is being taken ends here. */
  close(): void {
    this.#closing.abort()
  }

  #checkTurn(now: number): void {
    const wait = this.#startedAt + PAUSE - now
    if (!this.#running && wait <= 0) return
    const message = this.#running
      ? `Process ${process.pid} is being captured already.`
      : `Process ${process.pid} was captured less than a minute ago.`
    throw new GatewayError('rate_limited', message, { retryAfter: Math.max(1, Math.ceil(wait / 1000)) })
  }

  async #checkRoom({ kind }: CaptureOrder): Promise<void> {
    const heap = kind === 'heap' ? getHeapStatistics().used_heap_size : 0
    const [disk, memory] = [heap * DISK_PER_HEAP + SPARE_DISK, heap + SPARE_MEMORY]
    const room = await this.#options.folder.room()
    if (room < disk) throw noRoom(`The disk has ${megabytes(room)} left, and up to ${megabytes(disk)} are needed.`)
    const free = this.#options.freeMemory()
    if (kind === 'heap' && free < memory) {
      throw noRoom(`A snapshot takes about ${megabytes(memory)} of memory, and ${megabytes(free)} are free.`)
    }
  }

  async #write(order: CaptureOrder, path: string): Promise<void> {
    switch (order.kind) {
      case 'heap':
        writeHeapSnapshot(path)
        return
      case 'cpu':
        await writeFile(path, JSON.stringify(await cpuProfile(order.seconds * 1000, this.#closing.signal)))
        return
      default:
        order satisfies never
    }
  }
}

/** Of the machine, and of each group of processes with a limit that this one is in. */
export function freeMemory(): number {
  const groups = cgroupLimits().map(({ limitBytes, usedBytes }) => limitBytes - (usedBytes() ?? 0))
  return Math.min(freemem(), ...groups)
}

function noRoom(message: string, cause?: unknown): GatewayError {
  return new GatewayError('insufficient_storage', message, { cause })
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

function isFull(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' && FULL.has(thrown.code)
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MEGABYTE)} MB`
}
