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
  readonly lines: readonly RequestLine[]
}

const JOURNAL: Topic<string> = { name: 'journal', read: (data) => (typeof data === 'string' ? data : null) }

/** `dollarsOf`: what somebody pays for a request; null where it is not known. */
export function answerWithJournal(
  bus: WorkerBus,
  journal: RequestJournal,
  dollarsOf: (entry: JournalEntry) => number | null,
): void {
  const process = randomBytes(6).toString('hex')
  bus.answer(JOURNAL, (question) => {
    const { positions, limit, errorsOnly } = fieldsOf(question) ?? {}
    const position = fieldsOf(positions ?? null)?.[process]
    const entries = journal.since(typeof position === 'number' ? position : 0, errorsOnly === true)
    const lines = entries.slice(0, Number(limit)).map((entry) => ({ ...entry.line, dollars: dollarsOf(entry) }))
    return JSON.stringify({ process, sequence: journal.sequence, lines } satisfies JournalAnswer)
  })
}

export async function journalOfAll(bus: WorkerBus, { after, limit, errorsOnly }: RequestsAsked): Promise<RequestList> {
  const question = { positions: Object.fromEntries(after ?? []), limit, errorsOnly }
  const texts = await bus.gather(JOURNAL, PATIENCE, question)
  const answers = texts.map((text): unknown => JSON.parse(text)).filter(isAnswer)
  const data = answers.flatMap(({ lines }) => lines).toSorted((a, b) => b.time - a.time)
  const positions = new Map(after)
  for (const { process, sequence } of answers) {
    positions.delete(process)
    positions.set(process, sequence)
  }
  return { object: 'list', data: data.slice(0, limit), cursor: writeCursor(positions) }
}

/** Workers run the same version of the same program: what has the form has it in all its parts. */
function isAnswer(data: unknown): data is JournalAnswer {
  return data !== null && typeof data === 'object' && 'process' in data && 'lines' in data
}
