import { randomBytes } from 'node:crypto'
import { writeCursor } from '../observe/journal-cursor.ts'
import type { RequestLine, RequestList } from '../observe/overview.ts'
import type { JournalEntry, RequestJournal } from '../observe/request-journal.ts'
import type { RequestsAsked } from '../server/admin-routes.ts'
import { fieldsOf } from '../workers/bus.ts'
import type { Topic, WorkerBus } from '../workers/bus.ts'

/** Milliseconds that whoever asks waits for slow workers. */
const PATIENCE = 1000

/** What one process has. */
interface JournalAnswer {
  readonly process: string
  /** Of its last request. */
  readonly sequence: number
  readonly entries: readonly JournalEntry[]
}

const JOURNAL: Topic<string> = { name: 'journal', read: (data) => (typeof data === 'string' ? data : null) }

export function answerWithJournal(bus: WorkerBus, journal: RequestJournal): void {
  const process = randomBytes(6).toString('hex')
  bus.answer(JOURNAL, (question) => {
    const { positions, limit, errorsOnly } = fieldsOf(question) ?? {}
    const position = fieldsOf(positions ?? null)?.[process]
    const since = journal.since(typeof position === 'number' ? position : 0, errorsOnly === true)
    const entries = since.slice(0, Number(limit))
    return JSON.stringify({ process, sequence: journal.sequence, entries } satisfies JournalAnswer)
  })
}

/** `dollarsOf`: what somebody pays for a request; null where it is not known. */
export async function journalOfAll(
  bus: WorkerBus,
  { after, limit, errorsOnly }: RequestsAsked,
  dollarsOf: (entry: JournalEntry) => number | null,
): Promise<RequestList> {
  const question = { positions: Object.fromEntries(after ?? []), limit, errorsOnly }
  const texts = await bus.gather(JOURNAL, PATIENCE, question)
  const answers = texts.map((text): unknown => JSON.parse(text)).filter(isAnswer)
  const newest = answers
    .flatMap(({ entries }) => entries)
    .toSorted((a, b) => b.line.time - a.line.time)
    .slice(0, limit)
  const positions = new Map(after)
  for (const { process, sequence } of answers) {
    positions.delete(process)
    positions.set(process, sequence)
  }
  const data = newest.map((entry): RequestLine => ({ ...entry.line, dollars: dollarsOf(entry) }))
  return { object: 'list', data, cursor: writeCursor(positions) }
}

/** Workers run the same version of the same program: what has the form has it in all its parts. */
function isAnswer(data: unknown): data is JournalAnswer {
  return data !== null && typeof data === 'object' && 'process' in data && 'entries' in data
}
