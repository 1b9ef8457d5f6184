import type { JsonValue } from '../../lib/json.ts'
import type { AdminCall } from '../admin-api.ts'
import { defineCommand, defineGroup, required, text, type Surroundings } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { Failure } from '../failure.ts'
import { listOf, numberOf, textOf } from '../json-answer.ts'
import { CONFIG, JSON_OUTPUT } from '../shared-options.ts'
import { table } from '../terminal.ts'

const WORKER = text('--worker <pid>', 'of which process, where there are several (default: any)')

/** Milliseconds that a gateway may take to write what it has captured. */
const WRITING = 10 * 60_000
const LONGEST_PROFILE = 60

const heapSnapshot = defineCommand({
  name: 'heap-snapshot',
  summary: 'Write what is in memory to a file; the gateway answers nobody meanwhile',
  options: { worker: WORKER, config: CONFIG, json: JSON_OUTPUT },
  async run({ options, ...surroundings }) {
    const path = `/diagnostics/heap-snapshot${queryOf({ worker: options.worker })}`
    return showCapture(
      await call({ method: 'POST', path, timeout: WRITING }, options, surroundings),
      options,
      surroundings,
    )
  },
})

const cpuProfile = defineCommand({
  name: 'cpu-profile',
  summary: 'Write what the CPU does for some seconds to a file',
  examples: [['ucr diagnostics cpu-profile --seconds 30', 'half a minute']],
  options: {
    seconds: text('--seconds <number>', `for how long, up to ${LONGEST_PROFILE} (default: 10)`),
    worker: WORKER,
    config: CONFIG,
    json: JSON_OUTPUT,
  },
  async run({ options, ...surroundings }) {
    const { seconds, worker } = options
    const path = `/diagnostics/cpu-profile${queryOf({ seconds, worker })}`
    const timeout = LONGEST_PROFILE * 1000 + WRITING
    return showCapture(await call({ method: 'POST', path, timeout }, options, surroundings), options, surroundings)
  },
})

const list = defineCommand({
  name: 'list',
  summary: 'List the files that are kept, and the processes that there are',
  options: { config: CONFIG, json: JSON_OUTPUT },
  async run({ options, ...surroundings }) {
    const answer = await call({ method: 'GET', path: '/diagnostics' }, options, surroundings)
    const { out, error } = surroundings.terminal
    if (options.json) {
      surroundings.terminal.json(answer)
      return EXIT.ok
    }
    const captures = listOf(answer, 'captures')
    if (captures.length > 0) for (const line of table([HEADINGS, ...captures.map(rowOf)])) out.line(line)
    error.line(`Processes of the gateway: ${listOf(answer, 'workers').map(String).join(', ')}`)
    return EXIT.ok
  },
})

const HEADINGS = ['NAME', 'KIND', 'BYTES', 'PROCESS', 'PATH']

function rowOf(capture: JsonValue): string[] {
  const number = (name: string): string => String(numberOf(capture, name))
  return [textOf(capture, 'name'), textOf(capture, 'kind'), number('bytes'), number('pid'), textOf(capture, 'path')]
}

const remove = defineCommand({
  name: 'remove',
  summary: 'Delete a file that was captured',
  arguments: { name: required('name', 'as the list has it') },
  options: { config: CONFIG },
  async run({ options, arguments: { name }, ...surroundings }) {
    await call({ method: 'DELETE', path: `/diagnostics/${encodeURIComponent(name)}` }, options, surroundings)
    surroundings.terminal.out.line(`Deleted ${name}.`)
    return EXIT.ok
  },
})

function queryOf(given: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(given)) if (value !== null) query.set(name, value)
  return query.size === 0 ? '' : `?${query.toString()}`
}

async function call(
  asked: AdminCall,
  { config }: { readonly config: string | null },
  surroundings: Surroundings,
): Promise<JsonValue> {
  const { callAdminApi, findAdminApi } = await import('../admin-api.ts')
  const { loadForCommand } = await import('../load.ts')
  const api = await findAdminApi(surroundings, (await loadForCommand(surroundings, config)).config)
  if (api === null) throw new Failure('No gateway of this user runs.', { fix: 'Start it with "ucr start".' })
  const fix = { 400: '"ucr diagnostics list" shows the processes.', 404: '"ucr diagnostics list" shows the files.' }
  return callAdminApi(api, { ...asked, fix })
}

function showCapture(captured: JsonValue, { json }: { readonly json: boolean }, { terminal }: Surroundings): ExitCode {
  if (json) terminal.json(captured)
  else {
    terminal.error.line(textOf(captured, 'warning'))
    terminal.out.line(textOf(captured, 'path'))
  }
  return EXIT.ok
}

export const command = defineGroup('diagnostics', 'Take heap snapshots and CPU profiles of a running gateway', [
  heapSnapshot,
  cpuProfile,
  list,
  remove,
])
