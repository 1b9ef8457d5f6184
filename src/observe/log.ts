import { mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'
import { AccessLine } from './access-line.ts'
import { logText, logValue } from './log-text.ts'
import type { AttemptRecord, ExchangeRecord, Observer } from './observer.ts'
import { prettyLine } from './pretty.ts'
import { traceExchange } from './trace-exchange.ts'
import { NO_TRACE, switchesFor, tracedBy } from './tracer.ts'
import type { Traced, Tracer } from './tracer.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export type LogFields = Readonly<Record<string, string | number | boolean>>

export interface LogOptions {
  readonly level: LogLevel
  /** For people instead of programs. */
  readonly pretty: boolean
  /** With `pretty`. */
  readonly colors?: boolean
  /** Absolute path; null: `destination`. */
  readonly file: string | null
  /** What the variable `DEBUG` says: which parts are traced at every level. Level `trace` has them all. */
  readonly debug?: string | undefined
  /** Standard output when left out. */
  readonly destination?: { write(text: string): unknown }
}

/**
 * The structured log: one JSON object a line. Texts from outside are cleaned of secrets and of whatever a terminal would
 * obey before they become part of a line; prompts and answers are never given to it.
 */
export interface Log extends Observer {
  info(text: string, fields?: LogFields): void
  setLevel(level: LogLevel): void
  /** A text as it may be shown: without secrets, and without what a terminal would obey. */
  clean(text: string): string
  /** These exact texts never appear: keys that have no form by which they would be recognised. */
  hide(secrets: readonly string[]): void
  /** Writes out what is buffered and closes the file. What is logged afterwards is dropped. Never rejects. */
  close(): Promise<void>
}

/** Throws the system's error when the file cannot be opened. */
export function createLog(options: LogOptions): Log {
  return new PinoLog(options)
}

/** Lines are collected to so many bytes, for at most so many milliseconds: each write wakes a thread, and then the program. */
const BUFFER = 64 * 1024
const FLUSH_AFTER = 250
/** Milliseconds. */
const CLOSED_WITHIN = 1000
/** Errors below errors that are still shown. */
const MAX_CAUSES = 3
/** Shorter texts would be found everywhere. */
const SHORTEST_SECRET = 8

class PinoLog implements Log {
  readonly #logger: Logger
  readonly #stream: DestinationStream
  readonly #close: () => Promise<void>
  readonly #secrets = new Set<string>()
  readonly #accessLine = new AccessLine((text) => this.clean(text))
  readonly #traced: ReadonlySet<Traced>
  readonly #tracing: Logger
  tracer: Tracer

  constructor(options: LogOptions) {
    const { stream, close } = openStream(options)
    this.#stream = stream
    this.#close = close
    this.#logger = pino(
      {
        level: options.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
      },
      stream,
    )
    this.#traced = tracedBy(options.debug ?? '')
    this.#tracing = this.#logger.child({}, { level: 'debug' })
    this.tracer = this.#tracerAt(options.level)
  }

  exchange(record: ExchangeRecord): void {
    const level = record.status === 'failed' || record.status === 'upstream_truncated' ? 'warn' : 'info'
    if (this.#logger.isLevelEnabled(level)) this.#stream.write(this.#accessLine.of(record, level, Date.now()))
    traceExchange(record, this.tracer)
  }

  attemptFailed({ requestId, deployment, attempt, errorCode, detail, willRetry }: AttemptRecord): void {
    this.#write('warn', 'attempt failed', { requestId, deployment, attempt, errorCode, detail, willRetry })
  }

  info(text: string, fields: LogFields = {}): void {
    this.#write('info', text, fields)
  }

  warn(requestId: string | null, text: string, fields: LogFields = {}): void {
    this.#write('warn', text, withRequest(requestId, fields))
  }

  error(requestId: string | null, text: string, cause: unknown): void {
    this.#write('error', text, withRequest(requestId, { error: this.#errorFields(cause, MAX_CAUSES) }))
  }

  debug(requestId: string | null, text: string, fields: LogFields = {}): void {
    if (this.#logger.isLevelEnabled('debug')) this.#write('debug', text, withRequest(requestId, fields))
  }

  setLevel(level: LogLevel): void {
    this.#logger.level = level
    this.tracer = this.#tracerAt(level)
  }

  clean(text: string): string {
    return logText(this.#withoutSecrets(text))
  }

  hide(secrets: readonly string[]): void {
    for (const secret of secrets) if (secret.length >= SHORTEST_SECRET) this.#secrets.add(secret)
    this.#accessLine.forget()
  }

  close(): Promise<void> {
    this.#logger.level = 'silent'
    this.tracer = NO_TRACE
    return this.#close()
  }

  #tracerAt(level: LogLevel): Tracer {
    if (this.#traced.size === 0 && level !== 'trace') return NO_TRACE
    return {
      on: switchesFor((part) => level === 'trace' || this.#traced.has(part)),
      write: (part, requestId, text, fields) =>
        this.#write('debug', text, { namespace: `ucr:${part}`, ...withRequest(requestId, fields) }, this.#tracing),
    }
  }

  /** Every line but the access line goes through here, and nothing unclean comes out. */
  #write(
    level: 'debug' | 'info' | 'warn' | 'error',
    text: string,
    fields: Readonly<Record<string, unknown>>,
    logger = this.#logger,
  ): void {
    const clean: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(fields)) {
      clean[name] = typeof value === 'string' ? logValue(name, this.#withoutSecrets(value)) : logValue(name, value)
    }
    logger[level](clean, logText(this.#withoutSecrets(text)))
  }

  #withoutSecrets(text: string): string {
    let clean = text
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '[redacted]')
    return clean
  }

  #errorFields(thrown: unknown, causes: number): Readonly<Record<string, unknown>> {
    if (!(thrown instanceof Error)) return { message: this.clean(String(thrown)) }
    const stack = (thrown.stack ?? '').split('\n').map((line) => this.clean(line))
    return {
      type: this.clean(thrown.name),
      message: this.clean(thrown.message),
      ...('code' in thrown && typeof thrown.code === 'string' ? { code: this.clean(thrown.code) } : {}),
      stack: stack.join('\n'),
      ...(thrown.cause === undefined || causes === 0 ? {} : { cause: this.#errorFields(thrown.cause, causes - 1) }),
    }
  }
}

function withRequest(requestId: string | null, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return requestId === null ? { ...fields } : { requestId, ...fields }
}

function openStream(options: LogOptions): { stream: DestinationStream; close: () => Promise<void> } {
  const { destination, pretty, colors = false } = options
  if (destination !== undefined && options.file === null) {
    const write = (line: string): void => void destination.write(pretty ? prettyLine(line, colors) : line)
    return { stream: { write }, close: () => Promise.resolve() }
  }
  const file = pino.destination({
    dest: options.file === null ? process.stdout.fd : openFile(options.file),
    sync: false,
    // People watch; programs read later.
    minLength: pretty ? 0 : BUFFER,
    maxWrite: 2 * BUFFER,
    // Text that is collected is measured anew, all of it, with each line that joins it.
    contentMode: 'buffer',
  })
  // A full disk or a reader that went away costs lines of the log, not the gateway.
  file.on('error', () => {})
  const lines = new BufferedLines(file)
  const close = (): Promise<void> => {
    lines.stop()
    return closed(file)
  }
  return { stream: pretty ? { write: (line) => writeLine(file, prettyLine(line, colors)) } : lines, close }
}

/** What a destination takes where its content is bytes. Its declaration knows texts only. */
interface ByteSink {
  write(bytes: Buffer | string): boolean
}

function writeLine(file: ByteSink, line: string): void {
  file.write(Buffer.from(line))
}

/** A reader that does not read ends no shutdown. */
function closed(file: ReturnType<typeof pino.destination>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSED_WITHIN)
    for (const event of ['close', 'error']) {
      file.once(event, () => {
        clearTimeout(timer)
        resolve()
      })
    }
    file.end()
  })
}

/** Lines wait for others, but not for long. Where there are none nothing wakes the process up. */
class BufferedLines implements DestinationStream {
  readonly #file: ReturnType<typeof pino.destination>
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(file: ReturnType<typeof pino.destination>) {
    this.#file = file
    // While it writes it does not flush: what came meanwhile is still there.
    file.on('write', (bytes: number) => {
      if (bytes > 0) this.#flushSoon()
    })
  }

  write(line: string): void {
    this.#flushSoon()
    writeLine(this.#file, line)
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #flushSoon(): void {
    if (this.#timer !== null || this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#file.flush()
    }, FLUSH_AFTER).unref()
  }
}

/** Opened here and now, so that a wrong path stops the start and not the first line. Only its owner may read it. */
function openFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true })
  return openSync(path, 'a', 0o600)
}
