import { createGateway } from '../gateway.ts'
import { WorkerChannel } from '../workers/channel.ts'
import type { Replaced } from '../workers/messages.ts'
import type { Surroundings } from './command.ts'
import { CLOSING, endWithin, LEFTOVERS } from './end-within.ts'
import { engineHasStarted } from './engine-settings.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { hidingKeys, openLog, surviveStrayErrors } from './gateway-log.ts'
import { readConfig, vendorEnvironment } from './load.ts'
import { reasonOf } from './failure.ts'
import { summaryOf } from './start-gateway.ts'
import { overridesOf, type StartValues } from './start-options.ts'
import { openStateFolder } from './state-folder.ts'

/** One of several processes that are one gateway. Ends when its supervisor says so, or is gone. */
export async function serveAsWorker(given: StartValues, surroundings: Surroundings): Promise<ExitCode> {
  // A worker of nobody must not become a gateway of its own.
  if (!process.connected) return EXIT.failure
  ignoreSignals()
  const channel = new WorkerChannel(process)
  // Whoever started it is gone before it could serve anybody.
  const abandoned = (): never => process.exit(EXIT.failure)
  process.once('disconnect', abandoned)
  try {
    return await serve(channel, given, surroundings, () => process.off('disconnect', abandoned))
  } catch (error) {
    await channel.send({ kind: 'failed', text: reasonOf(error), exitCode: EXIT.failure })
    return EXIT.failure
  } finally {
    endWithin(LEFTOVERS)
    process.off('disconnect', abandoned)
    if (process.connected) process.disconnect()
  }
}

async function serve(
  channel: WorkerChannel,
  given: StartValues,
  surroundings: Surroundings,
  onServing: () => void,
): Promise<ExitCode> {
  const { urls, secret, key } = await channel.begun()
  const values = { ...given, key }
  const load = () => readConfig(surroundings, values.config, overridesOf(values))
  const loaded = await load()
  const log = openLog(loaded, surroundings)
  let announces = true
  let leads = false
  let replaced: Replaced = { total: 0, hung: 0 }
  const gateway = await createGateway({
    loaded,
    reload: async () => hidingKeys(await load(), log),
    watch: false,
    environment: vendorEnvironment(surroundings.environment),
    log,
    secret: Buffer.from(secret, 'base64'),
    stateFolder: await openStateFolder(surroundings),
    worker: {
      bus: channel.bus,
      listen: async (listener) => urls[channel.listen(listener)] ?? '',
      announces: () => announces,
      leads: () => leads,
      excused: (blocks, work) => channel.excused(blocks, work),
      replaced: () => replaced,
    },
  })
  surviveStrayErrors(log)
  const drain = Promise.withResolvers<void>()
  channel.follow({
    reload: (announce) => {
      announces = announce
      void gateway.reload()
    },
    log: ({ level, text, fields }) => (level === 'info' ? log.info(text, fields) : log.warn(null, text, fields)),
    lead: () => {
      leads = true
    },
    replaced: (counts) => {
      replaced = counts
    },
    drain: drain.resolve,
  })
  try {
    await gateway.listen()
    engineHasStarted()
    onServing()
    const { providers, model } = summaryOf(gateway, loaded)
    await channel.send({ kind: 'ready', summary: { providers: providers.map((provider) => ({ ...provider })), model } })
    await drain.promise
    const { drainGrace, drainTimeout } = loaded.config.server
    endWithin(drainGrace + drainTimeout + CLOSING)
    const { finished, cut } = await gateway.drain(drainTimeout)
    log.info('worker stopped', { finished, cut })
    await channel.send({ kind: 'drained', finished, cut })
    return EXIT.ok
  } finally {
    await gateway.close()
    await log.close()
  }
}

/** Signals for a whole process group are the supervisor's to understand. */
function ignoreSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
}
