import type { Part } from '../canonical/content.ts'
import type { EventSink } from '../canonical/event.ts'
import { ResponseFold } from '../canonical/fold.ts'
import type { OpaqueMerge } from '../canonical/fold.ts'
import type { SessionVisit } from '../sessions/session-visit.ts'

export interface HeardTurn {
  /** What earlier calls of the same turn brought. */
  readonly earlier: readonly Part[]
  readonly mergeOpaque: OpaqueMerge
  /** A pause is not the end of the answer: the gateway goes on with it. */
  readonly continuesPauses: boolean
}

/** A sink that tells the session the answer when it is whole. */
export function hearingAnswer(
  visit: SessionVisit,
  { earlier, mergeOpaque, continuesPauses }: HeardTurn,
  sink: EventSink,
): EventSink {
  const fold = new ResponseFold(mergeOpaque)
  return (event) => {
    fold.add(event)
    if (event.type === 'finish' && !(continuesPauses && event.finish.reason === 'pause')) {
      visit.answered([...earlier, ...fold.response().parts])
    }
    sink(event)
  }
}
