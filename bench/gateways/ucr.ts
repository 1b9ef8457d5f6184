import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPinned, stopped } from './contestant.ts'
import type { Contestant } from './contestant.ts'

export const KEY = 'ucr_bench_0123456789abcdef0123456789abcdef'

export type Settings = Readonly<Record<string, unknown>>

export interface Build {
  readonly name: string
  /** The folder of a built checkout. */
  readonly root: string
  /** Laid over the config of the bench, section by section. */
  readonly settings?: Settings
}

/** Ours at full function: key checked, routed, breaker, metrics, usage taken, access log written. */
export function ucr({ name, root, settings = {} }: Build): Contestant {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return {
    name,
    version,
    setup: 'a key checked, routing, breaker, metrics, usage, an access log in a file',
    origin: 'ours',
    kinds: ['same', 'cross', 'back', 'cached'],
    async start(place) {
      const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-'))
      const file = join(folder, 'ucr.config.json')
      const { port, farEnd } = place
      const whole = laidOver(benchConfig(port, farEnd, join(folder, 'ucr.log')), settings)
      writeFileSync(file, JSON.stringify(whole), { mode: 0o600 })
      const child = await startPinned(
        {
          command: process.execPath,
          args: [join(root, 'dist', 'ucr.js'), 'start', '--config', file],
          environment: { HOME: folder, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, NODE_ENV: 'production' },
        },
        place,
      )
      return {
        pid: child.pid ?? 0,
        target: (kind) => ({
          path: kind === 'back' ? '/v1/chat/completions' : '/v1/messages',
          model: kind === 'cross' ? 'gpt-5.5' : 'claude-sonnet-5',
          headers: { 'x-api-key': KEY, ...(kind === 'back' ? {} : { 'anthropic-version': '2023-06-01' }) },
        }),
        stop: () => stopped(child),
      }
    },
  }
}

/** Its config, with logs into a file. */
export function benchConfig(port: number, farEnd: number, log: string): Settings {
  return {
    server: { host: '127.0.0.1', port },
    auth: { keys: [{ name: 'bench', key: KEY }] },
    logging: { level: 'info', file: log },
    providers: [
      {
        id: 'same',
        type: 'anthropic',
        baseUrl: `http://127.0.0.1:${farEnd}`,
        apiKey: 'far-end',
        models: ['claude-sonnet-5'],
      },
      { id: 'cross', type: 'openai', baseUrl: `http://127.0.0.1:${farEnd}/v1`, apiKey: 'far-end', models: ['gpt-5.5'] },
    ],
  }
}

function laidOver(base: Settings, settings: Settings): Settings {
  const sections = Object.entries(settings).map(([name, value]) => {
    const known = base[name]
    return [name, isSection(known) && isSection(value) ? { ...known, ...value } : value]
  })
  return { ...base, ...Object.fromEntries(sections) }
}

function isSection(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
