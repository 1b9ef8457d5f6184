import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../../config/config.ts'
import type { Surroundings } from '../command.ts'
import type { Finding } from './finding.ts'
import { systemCode } from '../failure.ts'
import { expectedUrl } from '../find-gateway.ts'
import { checkHealth } from '../health-check.ts'
import { ownCertificate } from '../own-certificate.ts'
import { runningGateways } from '../run-record.ts'

/** How many ports are tried for one that is free. */
const TRIES = 20

/** Whether the gateway could listen, or does. */
export async function checkPorts({ server }: Config, surroundings: Surroundings): Promise<readonly Finding[]> {
  const running = await runningGateways(surroundings)
  return Promise.all(
    server.ports.map(async (port): Promise<Finding> => {
      const own = running.find((record) => record.port === port)
      if (own !== undefined) return ok(`the gateway runs on ${own.urls[0] ?? ''} (process ${own.pid})`)
      const code = await listenCode(server.host, port)
      if (code === null) return ok(`port ${port} is free`)
      return explain(code, server, port)
    }),
  )
}

async function explain(code: string, server: Config['server'], port: number): Promise<Finding> {
  const { host } = server
  if (code === 'EADDRINUSE') {
    const { status } = await checkHealth(expectedUrl(server, port), ownCertificate(server))
    if (status !== 'unreachable') return ok(`a gateway that another user or a service manager started has port ${port}`)
    const free = await freePort(host, port + 1)
    return failed(`port ${port} is taken by another program`, `stop that program, or use "ucr start --port ${free}"`)
  }
  if (code === 'EACCES') return failed(`you may not listen on port ${port}`, 'use a port above 1023')
  return failed(`${host} is no address of this machine (${code})`, 'correct "server.host"; 127.0.0.1 is always there')
}

async function freePort(host: string, from: number): Promise<number> {
  for (let port = from; port < from + TRIES; port++) {
    if ((await listenCode(host, port)) === null) return port
  }
  return 0
}

/** What the system says to listening there; null: it can be done. */
async function listenCode(host: string, port: number): Promise<string | null> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    return null
  } catch (error) {
    return systemCode(error) ?? 'failed'
  } finally {
    server.close()
  }
}

function ok(message: string): Finding {
  return { check: 'ports', status: 'ok', message, fix: null }
}

function failed(message: string, fix: string): Finding {
  return { check: 'ports', status: 'error', message, fix }
}
