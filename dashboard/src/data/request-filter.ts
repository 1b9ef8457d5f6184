import type { RequestLine } from '../../../src/observe/overview.ts'

/** Empty texts let everything through. */
export interface RequestFilter {
  /** Part of an id, a name, a model or an error, in whatever case. */
  readonly text: string
  readonly model: string
  readonly provider: string
  readonly outcome: '' | 'succeeded' | 'failed'
}

export const NO_FILTER: RequestFilter = { text: '', model: '', provider: '', outcome: '' }

/** Whether it ended as the client wanted. */
export function hasFailed({ httpStatus, errorCode }: RequestLine): boolean {
  return errorCode !== null || httpStatus >= 400
}

export function matches(line: RequestLine, { text, model, provider, outcome }: RequestFilter): boolean {
  if (outcome !== '' && hasFailed(line) !== (outcome === 'failed')) return false
  if (provider !== '' && line.provider !== provider) return false
  if (model !== '' && modelOf(line) !== model) return false
  const wanted = text.trim().toLowerCase()
  return wanted === '' || textsOf(line).some((part) => part?.toLowerCase().includes(wanted) === true)
}

/** What was asked for; what answered, where nothing in particular was asked for. */
export function modelOf({ requestedModel, model }: RequestLine): string | null {
  return requestedModel ?? model
}

/** All values that the lines have, for a list to choose from. */
export function choicesOf(
  lines: readonly RequestLine[],
  read: (line: RequestLine) => string | null,
): readonly string[] {
  const found = new Set(lines.map(read).filter((value) => value !== null))
  return [...found].toSorted()
}

function textsOf(line: RequestLine): readonly (string | null)[] {
  const { requestId, requestedModel, provider, model, keyName, errorCode, protocol, operation, httpStatus } = line
  return [requestId, requestedModel, provider, model, keyName, errorCode, protocol, operation, String(httpStatus)]
}
