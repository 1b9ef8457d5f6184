import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib'
import type { Line } from './line.ts'
import type { Ending, Playback } from './playback.ts'
import type { ContentCoding } from './settings.ts'

/** How it went: the client got all that there was to get, or it left before. */
export type Outcome = 'answered' | 'aborted'

/** Writes an answer to its socket, at its pace and with its faults. Never throws: a client may leave at any time. */
export async function play(playback: Playback, line: Line): Promise<Outcome> {
  const { response } = line
  const { pace } = playback
  if (pace.head > 0) await line.sleep(pace.head)
  if (line.isGone) return 'aborted'
  if (playback.ending === 'refuse') {
    response.socket?.resetAndDestroy()
    return 'answered'
  }
  response.writeHead(playback.status, playback.headers)
  const only = playback.writes.length === 1 ? playback.writes[0] : undefined
  const isPlain = playback.ending === 'end' && playback.coding === 'identity' && pace.split === 0 && pace.ttft === 0
  if (only !== undefined && isPlain && only.after === null) return finish(line, only.data)
  const outlet = outletOf(line, playback)
  await writeAll(line, outlet, playback)
  return line.isGone ? 'aborted' : endAs(playback.ending, line, outlet)
}

async function writeAll(line: Line, outlet: Outlet, { pace, writes }: Playback): Promise<void> {
  const isPaced = pace.ttft > 0 || pace.gap > 0
  if (isPaced) line.response.flushHeaders()
  let due = isPaced ? performance.now() + pace.ttft : 0
  for (const write of writes) {
    if (write.after !== null) await line.until(write.after)
    if (isPaced && write.token) {
      await line.sleep(due - performance.now())
      // Counted from the plan and not from the clock, so that late timers do not add up.
      due += pace.gap
    }
    if (line.isGone) return
    const pending = outlet.write(write.data)
    if (pending !== null) await pending
  }
}

async function endAs(ending: Ending, line: Line, outlet: Outlet): Promise<Outcome> {
  const { response } = line
  await outlet.end()
  if (ending === 'end') return finish(line)
  response.flushHeaders()
  if (ending === 'stall') {
    await line.closed
    return 'aborted'
  }
  // A reset throws away what the kernel has not sent yet, so all of it has to be out before.
  await line.until(new Promise((resolve) => response.socket?.write('', resolve)))
  if (line.isGone) return 'aborted'
  if (ending === 'close') response.socket?.destroySoon()
  else response.socket?.resetAndDestroy()
  return 'answered'
}

async function finish(line: Line, data?: string | Buffer): Promise<Outcome> {
  line.response.end(data)
  await line.closed
  return line.response.writableFinished ? 'answered' : 'aborted'
}

function outletOf(line: Line, playback: Playback): Outlet {
  const { coding, pace } = playback
  if (coding !== 'identity') return new CompressedOutlet(line, pace.split, coding)
  return new Outlet(line, pace.split)
}

/** Takes the writes of an answer, one after the other. */
class Outlet {
  readonly #line: Line
  readonly #split: number

  constructor(line: Line, split: number) {
    this.#line = line
    this.#split = split
  }

  /** A promise when the next write has to wait: for a slow reader, or for a cut between two packets. */
  write(data: string | Buffer): Promise<void> | null {
    if (data.length === 0) return null
    if (this.#split > 0) return this.#writeSplit(Buffer.from(data))
    const { response } = this.#line
    if (response.write(data)) return null
    return this.#line.until(new Promise((resolve) => response.once('drain', resolve)))
  }

  end(): Promise<void> | null {
    return null
  }

  async #writeSplit(data: Buffer): Promise<void> {
    for (let start = 0; start < data.length && !this.#line.isGone; start += this.#split) {
      const slice = data.subarray(start, start + this.#split)
      await this.#line.until(new Promise((resolve) => this.#line.response.write(slice, resolve)))
    }
  }
}

const COMPRESSORS = {
  gzip: createGzip,
  deflate: createDeflate,
  br: createBrotliCompress,
  zstd: createZstdCompress,
} as const satisfies Record<Exclude<ContentCoding, 'identity'>, unknown>

/** Compresses the answer as one stream, flushed after each write. */
class CompressedOutlet extends Outlet {
  readonly #line: Line
  readonly #compressor: ReturnType<(typeof COMPRESSORS)[keyof typeof COMPRESSORS]>
  #compressed: Buffer[] = []

  constructor(line: Line, split: number, coding: Exclude<ContentCoding, 'identity'>) {
    super(line, split)
    this.#line = line
    this.#compressor = COMPRESSORS[coding]()
    this.#compressor.on('data', (chunk: Buffer) => this.#compressed.push(chunk))
  }

  override write(data: string | Buffer): Promise<void> | null {
    return this.#passOn((done) => {
      this.#compressor.write(data)
      this.#compressor.flush(done)
    })
  }

  override end(): Promise<void> | null {
    return this.#passOn((done) => {
      this.#compressor.once('end', done)
      this.#compressor.end()
    })
  }

  async #passOn(step: (done: () => void) => void): Promise<void> {
    await this.#line.until(new Promise<void>((resolve) => step(resolve)))
    const compressed = Buffer.concat(this.#compressed)
    this.#compressed = []
    await super.write(compressed)
  }
}
