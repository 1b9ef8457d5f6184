import type { LoadedConfig } from '../config/load.ts'

/** Files whose change changes the config; the config file first, where there is one. */
export function watchedFiles({ path, config: { routing, server } }: LoadedConfig): readonly string[] {
  const { customRouter } = routing.tasks
  return [path, customRouter, ...(server.tls?.files ?? [])].filter((file) => file !== null)
}
