import { useState } from 'preact/hooks'
import { AdminError } from './admin-api.ts'

export interface Action {
  readonly busy: boolean
  /** Why it was not done the last time. */
  readonly problem: AdminError | null
  readonly run: (what: () => Promise<void>) => void
}

/** Something that the visitor has done by the gateway, one at a time. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<AdminError | null>(null)
  const act = async (what: () => Promise<void>): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      await what()
    } catch (thrown) {
      setProblem(thrown instanceof AdminError ? thrown : new AdminError('refused', String(thrown)))
    }
    setBusy(false)
  }
  return {
    busy,
    problem,
    run: (what) => {
      if (!busy) void act(what)
    },
  }
}
