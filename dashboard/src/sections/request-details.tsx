import type { JSX } from 'preact'
import type { RequestLine } from '../../../src/observe/overview.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Facts } from '../parts/facts.tsx'
import type { Fact } from '../parts/facts.tsx'
import { Name } from '../parts/name.tsx'
import { SidePanel } from '../parts/side-panel.tsx'
import { formatBytes, formatCount, formatDollars, formatMilliseconds } from '../text/number-format.ts'
import { formatMoment } from '../text/time-format.ts'
import { Outcome } from './request-outcome.tsx'

interface RequestDetailsProps {
  readonly line: RequestLine
  readonly onClose: () => void
}

/** All that is known of a request. Its words are known to nobody: the gateway keeps none. */
export function RequestDetails({ line, onClose }: RequestDetailsProps): JSX.Element {
  return (
    <SidePanel title="Request" onClose={onClose}>
      <p class="request-id">
        <code>{line.requestId}</code>
        <CopyButton text={line.requestId} what="the request id" />
      </p>
      <Facts title="Outcome" facts={outcomeOf(line)} />
      <Facts title="Route" facts={routeOf(line)} />
      <Facts title="Time and size" facts={sizeOf(line)} />
      <Facts title="Tokens" facts={tokensOf(line)} />
      <p class="hint">The gateway's log and the client's x-request-id have the same id.</p>
    </SidePanel>
  )
}

function outcomeOf(line: RequestLine): readonly Fact[] {
  return [
    ['Result', <Outcome line={line} />],
    ['Ended', line.status],
    ['At', formatMoment(line.time)],
    ['Key', <Name>{line.keyName}</Name>],
    ['Dropped fields', line.dropped.length === 0 ? 'none' : <Name>{line.dropped.join(', ')}</Name>],
  ]
}

function routeOf(line: RequestLine): readonly Fact[] {
  return [
    ['Protocol', `${line.protocol}, ${line.operation}${line.stream ? ', streamed' : ''}`],
    ['Asked for', <Name>{line.requestedModel}</Name>],
    ['Provider', <Name>{line.provider}</Name>],
    ['Model', <Name>{line.model}</Name>],
    ['Why there', <Name>{line.reason}</Name>],
    ['Plan', line.plan ?? '–'],
    ['Attempts', formatCount(line.attempts)],
    ['Cache', line.cache ?? '–'],
  ]
}

function sizeOf(line: RequestLine): readonly Fact[] {
  const { duration, timeToFirstByte, timeToFirstToken, requestBytes, replyBytes } = line
  return [
    ['Whole time', formatMilliseconds(duration)],
    ['First byte', timeOf(timeToFirstByte)],
    ['First token', timeOf(timeToFirstToken)],
    ['Request', formatBytes(requestBytes)],
    ['Reply', formatBytes(replyBytes)],
  ]
}

function timeOf(milliseconds: number | null): string {
  return milliseconds === null ? '–' : formatMilliseconds(milliseconds)
}

function tokensOf({ tokens, dollars }: RequestLine): readonly Fact[] {
  const cost: Fact = ['Cost', dollars === null ? 'not known' : formatDollars(dollars)]
  if (tokens === null) return [['Tokens', 'the vendor told none'], cost]
  return [
    ['Input', formatCount(tokens.input)],
    ['of it read from cache', formatCount(tokens.cacheRead)],
    ['of it written to cache', formatCount(tokens.cacheWrite)],
    ['Output', formatCount(tokens.output)],
    ['of it reasoning', formatCount(tokens.reasoning)],
    cost,
  ]
}
