import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import type { configSchema } from '../../src/config/schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { LoadedConfig } from '../../src/config/load.ts'
import { createGateway } from '../../src/gateway.ts'
import type { Gateway } from '../../src/gateway.ts'
import { createLog } from '../../src/observe/log.ts'
import type { LogLevel } from '../../src/observe/log.ts'

/** What a config file may say. */
export type ConfigFile = z.input<typeof configSchema>

export interface TestGateway {
  readonly gateway: Gateway
  /** `http://127.0.0.1:41234` */
  readonly url: string
  /** Everything logged so far, one object a line. */
  readonly log: readonly Record<string, unknown>[]
  /** Lines as they were written. */
  readonly logText: () => string
  /** Where the config file is. */
  readonly configPath: string
  /** Resolves when a line that fits was or is logged. */
  logged(predicate: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  /** Writes another config file and waits until it is in use or refused. */
  rewrite(config: ConfigFile | string): Promise<void>
  close(): Promise<void>
}

export interface TestGatewayOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Reuse a folder to keep the installation's secret over a restart. */
  readonly folder?: string
  readonly logLevel?: LogLevel
}

/** A whole gateway in this process on a free port, with a config file in a folder of its own. */
export async function startGateway(config: ConfigFile, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'ucr-test-')))
  const configPath = join(folder, 'ucr.config.json')
  const write = (value: ConfigFile | string): Promise<void> =>
    writeFile(configPath, typeof value === 'string' ? value : JSON.stringify(withPort(value), null, 2), { mode: 0o600 })
  await write(config)
  const environment = { ...options.environment }
  const load = (): Promise<LoadedConfig> =>
    loadConfig({ path: configPath, environment, cwd: folder, home: folder, flags: {} })
  const lines = new LogLines()
  const log = createLog({
    level: options.logLevel ?? 'debug',
    pretty: false,
    file: null,
    destination: { write: (text: string) => lines.add(text) },
  })
  const gateway = await createGateway({
    loaded: await load(),
    reload: load,
    environment,
    log,
    stateFolder: join(folder, 'state'),
  })
  const [url = ''] = await gateway.listen()
  return {
    gateway,
    url: url.replace(/\/$/, ''),
    log: lines.lines,
    logText: () => lines.text,
    configPath,
    logged: (predicate) => lines.wait(predicate),
    rewrite: async (value) => {
      await write(value)
      await gateway.reload()
    },
    close: async () => {
      await gateway.close()
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

function withPort(config: ConfigFile): ConfigFile {
  return { ...config, server: { port: 0, ...config.server } }
}

class LogLines {
  readonly lines: Record<string, unknown>[] = []
  text = ''
  #waiting: {
    predicate: (line: Record<string, unknown>) => boolean
    resolve: (line: Record<string, unknown>) => void
  }[] = []

  add(text: string): void {
    this.text += text
    for (const line of text.split('\n').filter((part) => part.startsWith('{'))) {
      const record = JSON.parse(line) as Record<string, unknown>
      this.lines.push(record)
      for (const { resolve } of this.#waiting.filter(({ predicate }) => predicate(record))) resolve(record)
      this.#waiting = this.#waiting.filter(({ predicate }) => !predicate(record))
    }
  }

  wait(predicate: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const found = this.lines.find(predicate)
    if (found !== undefined) return Promise.resolve(found)
    return new Promise((resolve) => this.#waiting.push({ predicate, resolve }))
  }
}
