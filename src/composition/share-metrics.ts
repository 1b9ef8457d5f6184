import type { MetricsSnapshot } from '../observe/metrics-snapshot.ts'
import type { Topic, WorkerBus } from '../workers/bus.ts'

/** Milliseconds that whoever asks waits for slow workers. */
const PATIENCE = 1000

const METRICS: Topic<string> = { name: 'metrics', read: (data) => (typeof data === 'string' ? data : null) }

export function answerWithMetrics(bus: WorkerBus, take: () => MetricsSnapshot): void {
  bus.answer(METRICS, () => JSON.stringify(take()))
}

/** Of each worker that answers; of none before this one does. */
export async function metricsOfAll(bus: WorkerBus): Promise<readonly MetricsSnapshot[]> {
  const texts = await bus.gather(METRICS, PATIENCE)
  return texts.map((text): unknown => JSON.parse(text)).filter(isSnapshot)
}

/** Workers run the same version of the same program: what has the form has it in all its parts. */
function isSnapshot(data: unknown): data is MetricsSnapshot {
  return data !== null && typeof data === 'object' && 'traffic' in data && 'blocks' in data && 'process' in data
}
