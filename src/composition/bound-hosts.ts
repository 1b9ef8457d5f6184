import { networkInterfaces } from 'node:os'
import type { Config } from '../config/config.ts'

/** Names under which clients reach the listening addresses. */
export function boundHosts({ server }: Config): readonly string[] {
  if (server.host !== '0.0.0.0' && server.host !== '::') return [server.host]
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
}
