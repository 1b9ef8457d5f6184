import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPinned, stopped } from './contestant.ts'
import type { Contestant } from './contestant.ts'

const root = join(import.meta.dirname, '..', '..')
export const KEY = 'ucr_bench_0123456789abcdef0123456789abcdef'

/** Ours at full function: key checked, routed, breaker, usage taken, access log written. */
export function ucr(): Contestant {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return {
    name: 'ucr',
    version,
    kinds: ['same', 'cross'],
    async start(ports) {
      const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-'))
      const file = join(folder, 'ucr.config.json')
      writeFileSync(file, JSON.stringify(benchConfig(ports.gateway, ports.farEnd, join(folder, 'ucr.log'))), {
        mode: 0o600,
      })
      const child = await startPinned(
        {
          command: process.execPath,
          args: [join(root, 'dist', 'ucr.js'), 'start', '--config', file],
          environment: { HOME: folder, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, NODE_ENV: 'production' },
        },
        ports.gateway,
      )
      return {
        pid: child.pid ?? 0,
        target: (kind) => ({
          path: '/v1/messages',
          model: kind === 'same' ? 'claude-sonnet-5' : 'gpt-5.5',
          headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' },
        }),
        stop: () => stopped(child),
      }
    },
  }
}

/** Its config, with logs into a file. */
export function benchConfig(port: number, farEnd: number, log: string): unknown {
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
