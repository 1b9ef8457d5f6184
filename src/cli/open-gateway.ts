import type { LoadedConfig } from '../config/load.ts'
import { createGateway, type Gateway } from '../gateway.ts'
import { createLog } from '../observe/log.ts'
import type { Surroundings } from './command.ts'
import { vendorEnvironment } from './load.ts'

/** A gateway for a look at what it would do: it listens nowhere and asks nobody. To be closed. */
export function openGateway(loaded: LoadedConfig, { environment, terminal }: Surroundings): Promise<Gateway> {
  const log = createLog({
    level: 'warn',
    pretty: true,
    colors: terminal.error.colours,
    file: null,
    destination: { write: (text) => terminal.error.write(text) },
  })
  return createGateway({ loaded, reload: null, environment: vendorEnvironment(environment), log, discover: false })
}
