import { mergeSeries } from '../observe/series-recorder.ts'
import type { SeriesRecorder, SeriesSample } from '../observe/series-recorder.ts'
import type { SeriesPoint } from '../observe/overview.ts'
import type { Topic, WorkerBus } from '../workers/bus.ts'

/** Milliseconds that whoever asks waits for slow workers. */
const PATIENCE = 1000

const SERIES: Topic<string> = { name: 'series', read: (data) => (typeof data === 'string' ? data : null) }

/** The question is since when, in Unix milliseconds. */
export function answerWithSeries(bus: WorkerBus, series: SeriesRecorder): void {
  bus.answer(SERIES, (question) => JSON.stringify(series.since(typeof question === 'number' ? question : 0)))
}

export async function seriesOfAll(bus: WorkerBus, since: number): Promise<readonly SeriesPoint[]> {
  const texts = await bus.gather(SERIES, PATIENCE, since)
  return mergeSeries(texts.map((text): unknown => JSON.parse(text)).filter(isSamples))
}

/** Workers run the same version of the same program: what has the form has it in all its parts. */
function isSamples(data: unknown): data is readonly SeriesSample[] {
  return Array.isArray(data)
}
