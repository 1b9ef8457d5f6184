import { createGateway, type Gateway } from '../gateway.ts'
import type { Log } from '../observe/log.ts'
import { reportListening } from './background.ts'
import type { Surroundings } from './command.ts'
import { CLOSING, endWithin, LEFTOVERS } from './end-within.ts'
import { engineHasStarted } from './engine-settings.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { hidingKeys, openLog, surviveStrayErrors } from './gateway-log.ts'
import { readConfig, vendorEnvironment } from './load.ts'
import { removeRunRecord, writeRunRecord } from './run-record.ts'
import {
  bannerOf,
  failureToListen,
  peopleChannel,
  recordOf,
  STOPPING,
  stoppedLine,
  summaryOf,
  type Start,
} from './start-gateway.ts'
import { overridesOf } from './start-options.ts'
import { openStateFolder } from './state-folder.ts'
import { listenForStop, reloadOnHangUp } from './stop-signal.ts'
import type { Channel } from './terminal.ts'

/** Runs a gateway in this process until it is told to stop. Throws `Failure`, ListenError. */
export async function serve(start: Start, surroundings: Surroundings): Promise<ExitCode> {
  const { values, order, loaded } = start
  const log = openLog(loaded, surroundings)
  const gateway = await createGateway({
    loaded,
    reload: async () => hidingKeys(await readConfig(surroundings, values.config, overridesOf(values)), log),
    watch: values.watch,
    environment: vendorEnvironment(surroundings.environment),
    log,
    stateFolder: await openStateFolder(surroundings),
  })
  const signal = listenForStop()
  surviveStrayErrors(log)
  try {
    const urls = await listen(gateway, surroundings)
    const record = await recordOf(start, urls, surroundings)
    await writeRunRecord(surroundings, record)
    reloadOnHangUp(() => void gateway.reload(), signal, order !== null)
    const people = order === null ? peopleChannel(loaded, surroundings) : null
    people?.line(await bannerOf({ start, urls, summary: summaryOf(gateway, loaded), channel: people, surroundings }))
    if (order !== null) reportListening(urls)
    engineHasStarted()
    await signal.received
    await drain(gateway, start, log, people)
    await removeRunRecord(surroundings, record)
    return EXIT.ok
  } finally {
    endWithin(CLOSING)
    signal.release()
    await gateway.close()
    await log.close()
    endWithin(LEFTOVERS)
  }
}

async function listen(gateway: Gateway, surroundings: Surroundings): Promise<readonly string[]> {
  try {
    return await gateway.listen()
  } catch (error) {
    throw await failureToListen(error, surroundings)
  }
}

/** Lets requests under way finish, and says how many did. */
async function drain(gateway: Gateway, { loaded }: Start, log: Log, people: Channel | null): Promise<void> {
  people?.line(STOPPING)
  const { finished, cut } = await gateway.drain(loaded.config.server.drainTimeout)
  log.info('stopped', { finished, cut })
  people?.line(stoppedLine({ finished, cut }))
}
