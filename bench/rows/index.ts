import { backScenarios, cachedScenario, scenarios } from '../scenarios.ts'
import { loadRow } from './load-row.ts'
import type { Row } from './row.ts'
import { soakRow } from './soak.ts'
import { idleRow, startRow } from './standing.ts'
import { manyStreams, memoryOfLongPrompts, memoryOfStreams } from './streams.ts'
import { workersRow } from './workers.ts'

/** The rows in the order of the table. */
export const ROWS: readonly Row[] = [
  ...scenarios.map((scenario) => loadRow(scenario, scenario.id === 'same-tool-call')),
  ...backScenarios.map((scenario) => loadRow(scenario, true)),
  loadRow(cachedScenario, false),
  idleRow,
  startRow,
  manyStreams('same'),
  manyStreams('cross'),
  memoryOfStreams('same'),
  memoryOfStreams('cross'),
  memoryOfLongPrompts('same'),
  memoryOfLongPrompts('cross'),
  workersRow,
]

/** Only when asked for by name: it takes as long as it is told to. */
export const NAMED_ROWS: readonly Row[] = [soakRow]
