import type { FileHandle } from 'node:fs/promises'
import { GatewayError } from '../lib/error.ts'
import { toJsonText } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'
import type { Capture } from '../observe/diagnostics/capture-folder.ts'
import type { Captured, CaptureOrder } from '../observe/diagnostics/captures.ts'
import { operationRoute } from './operation.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRequest, PlainRoute } from './plain-route.ts'

export interface DiagnosticsDoor {
  /** `worker`: a process id; null: the process that is asked. Throws GatewayError. */
  readonly take: (order: CaptureOrder, worker: number | null) => Promise<Captured>
  readonly list: () => Promise<readonly Capture[]>
  /** Process ids. */
  readonly workers: () => Promise<readonly number[]>
  /** Null where there is no such capture. */
  readonly open: (name: string) => Promise<{ readonly file: FileHandle; readonly bytes: number } | null>
  readonly remove: (name: string) => Promise<boolean>
}

const PATH = '/admin/diagnostics'
const NAMED = `${PATH}/{name}`

const WARNING = 'The file holds what was in memory or in use, prompts and keys among it: keep it to yourself.'

/** Captures of what a process does and holds: taken on demand, kept in the state folder, read and deleted by whoever runs the gateway. */
export function diagnosticsRoutes(door: DiagnosticsDoor): readonly PlainRoute[] {
  const load = () => import('./operations/diagnostics.ts')
  const take = async (order: CaptureOrder, worker: number | undefined): Promise<PlainAnswer> => {
    const { capture, removed } = await door.take(order, worker ?? null)
    return jsonAnswer(201, toJsonText({ ...captureView(capture), removed: [...removed], warning: WARNING }))
  }
  return [
    operationRoute(
      'POST',
      `${PATH}/heap-snapshot`,
      'admin',
      async () => (await load()).TAKE_HEAP,
      ({ query }) => take({ kind: 'heap' }, query.worker),
    ),
    operationRoute(
      'POST',
      `${PATH}/cpu-profile`,
      'admin',
      async () => (await load()).TAKE_CPU,
      ({ query }) => take({ kind: 'cpu', seconds: query.seconds }, query.worker),
    ),
    operationRoute(
      'GET',
      PATH,
      'admin',
      async () => (await load()).LIST,
      async () => {
        const captures = (await door.list()).map(captureView)
        return jsonAnswer(200, toJsonText({ captures, workers: [...(await door.workers())] }))
      },
    ),
    operationRoute(
      'GET',
      NAMED,
      'admin',
      async () => (await load()).DOWNLOAD,
      async (_, request) => {
        const opened = await door.open(nameOf(request))
        if (opened === null) throw unknown(request)
        return {
          status: 200,
          headers: {
            'content-type': 'application/json',
            'content-disposition': `attachment; filename="${nameOf(request)}"`,
            'cache-control': 'no-store',
          },
          length: opened.bytes,
          stream: opened.file.createReadStream({ end: Math.max(0, opened.bytes - 1) }),
        }
      },
    ),
    operationRoute(
      'DELETE',
      NAMED,
      'admin',
      async () => (await load()).REMOVE,
      async (_, request) => {
        if (!(await door.remove(nameOf(request)))) throw unknown(request)
        return jsonAnswer(200, toJsonText({ deleted: nameOf(request) }))
      },
    ),
  ]
}

function captureView({ created, ...capture }: Capture): { [key: string]: JsonValue } {
  return { ...capture, created: new Date(created).toISOString() }
}

function nameOf({ params }: PlainRequest): string {
  return params['name'] ?? ''
}

function unknown(request: PlainRequest): GatewayError {
  return new GatewayError('route_not_found', `There is no capture ${JSON.stringify(nameOf(request))}.`)
}
