import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { reachable } from '../find-gateway.ts'
import { checkHealth, type Health } from '../health-check.ts'
import { runningGateways, type RunRecord } from '../run-record.ts'
import { JSON_OUTPUT } from '../shared-options.ts'
import type { Person } from '../state-folder.ts'
import { table, type Channel } from '../terminal.ts'

export const command = defineCommand({
  name: 'status',
  summary: 'Say which gateways run, and how they are',
  options: { json: JSON_OUTPUT },
  async run({ options, terminal, ...person }) {
    const gateways = await examine(person)
    if (options.json) terminal.json({ running: gateways.length > 0, gateways: gateways.map(asJson) })
    else terminal.out.line(gateways.length === 0 ? NOT_RUNNING : describe(gateways, terminal.out))
    if (gateways.length === 0) return EXIT.notRunning
    return gateways.some(({ health }) => health.status === 'unreachable') ? EXIT.failure : EXIT.ok
  },
})

const NOT_RUNNING = 'No gateway is running. Start one with "ucr start", or in the background with "ucr start --daemon".'

interface Examined {
  readonly record: RunRecord
  readonly health: Health
}

async function examine(person: Person): Promise<readonly Examined[]> {
  const records = await runningGateways(person)
  return Promise.all(
    records.map(async (record) => ({
      record,
      health: await checkHealth(reachable(record.urls[0] ?? ''), record.certificate),
    })),
  )
}

function describe(gateways: readonly Examined[], channel: Channel): string {
  return gateways.map(({ record, health }) => describeOne(record, health, channel)).join('\n\n')
}

function describeOne(record: RunRecord, health: Health, channel: Channel): string {
  const style = health.status === 'healthy' ? 'green' : health.status === 'unreachable' ? 'red' : 'yellow'
  return [
    `${channel.paint('bold', 'Universal Claude Router')} ${record.version} ${channel.paint(style, health.status)}`,
    ...table([
      ...record.urls.map((url) => ['  url', channel.paint('cyan', url)]),
      ['  process', `${record.pid}, since ${record.since}`],
      ['  config', record.config ?? 'none'],
      ...(record.log === null ? [] : [['  log', record.log]]),
      ...(health.why === null ? [] : [['  problem', health.why]]),
    ]),
  ].join('\n')
}

function asJson({ record, health }: Examined) {
  const { urls, pid, port, version, since, config, log } = record
  return { status: health.status, problem: health.why, urls, port, pid, version, since, config, log }
}
