import type { JSX } from 'preact'
import type { RequestLine } from '../../../src/observe/overview.ts'
import { hasFailed } from '../data/request-filter.ts'
import { Badge } from '../parts/badge.tsx'

/** Whether it went well, with the status, and the error's code where there is one. */
export function Outcome({ line }: { readonly line: RequestLine }): JSX.Element {
  const { httpStatus, errorCode, cache } = line
  if (hasFailed(line)) {
    return (
      <Badge tone="bad">
        {httpStatus} {errorCode}
      </Badge>
    )
  }
  return (
    <Badge tone="ok">
      {httpStatus}
      {cache === 'hit' ? ' from cache' : ''}
    </Badge>
  )
}
