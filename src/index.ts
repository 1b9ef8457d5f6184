/**
 * The gateway as a library.
 *
 * @example
 * ```ts
 * import { createGateway, createLog, loadConfig } from 'universal-claude-router'
 *
 * const environment = process.env
 * const loaded = await loadConfig({ path: 'ucr.config.json', environment, cwd: process.cwd(), home: '/home/me', flags: {} })
 * const log = createLog({ level: 'info', pretty: false, file: null })
 * const gateway = await createGateway({ loaded, reload: null, environment, log })
 * console.log(await gateway.listen())
 * ```
 */
export { ConfigError } from './config/problem.ts'
export { loadConfig } from './config/load.ts'
export type { LoadOptions, LoadedConfig } from './config/load.ts'
export type { ExplainInput } from './composition/explain-request.ts'
export type { ExplainedCandidate, RouteExplanation } from './exchange/explain.ts'
export { createGateway } from './gateway.ts'
export type { Gateway, GatewayOptions, ProviderSummary } from './gateway.ts'
export { GatewayError } from './lib/error.ts'
export { createLog } from './observe/log.ts'
export type { Log, LogOptions } from './observe/log.ts'
export type { MemoryAlert } from './observe/memory-monitor.ts'
export type { DrainResult } from './server/options.ts'
export { startSimulator } from './simulator/simulator.ts'
export type { Simulator, SimulatorOptions } from './simulator/simulator.ts'
