import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPinned, stopped } from '../../gateways/contestant.ts'
import type { Contestant } from '../../gateways/contestant.ts'
import { installed } from '../installed.ts'

/** Versions 1 to 3; the folder of each has its number. */
export function claudeCodeRouter(name: `claude-code-router-${1 | 2 | 3}`): Contestant | null {
  const found = installed(`claude-code-router/${name.at(-1)}`, '@musistudio/claude-code-router')
  if (found === null) return null
  return {
    name,
    version: found.version,
    setup: 'its key, two providers (one with its Anthropic transformer), no log',
    origin: 'npm',
    kinds: ['same', 'cross'],
    async start(place) {
      const home = mkdtempSync(join(tmpdir(), 'ucr-bench-ccr-'))
      mkdirSync(join(home, '.claude-code-router'))
      writeFileSync(join(home, '.claude-code-router', 'config.json'), JSON.stringify(config(place.port, place.farEnd)))
      const child = await startPinned(
        {
          command: process.execPath,
          args: [join(found.folder, 'dist', 'cli.js'), 'start'],
          environment: { HOME: home, NODE_ENV: 'production', SERVICE_PORT: String(place.port) },
        },
        place,
      )
      return {
        pid: child.pid ?? 0,
        target: (kind) => ({
          path: '/v1/messages',
          model: kind === 'same' ? 'same,claude-sonnet-5' : 'cross,gpt-5.5',
          headers: { 'x-api-key': 'bench', 'anthropic-version': '2023-06-01' },
        }),
        stop: () => stopped(child),
      }
    },
  }
}

function config(port: number, farEnd: number): unknown {
  return {
    PORT: port,
    HOST: '127.0.0.1',
    APIKEY: 'bench',
    LOG: false,
    NON_INTERACTIVE_MODE: true,
    API_TIMEOUT_MS: 60000,
    Providers: [
      {
        name: 'same',
        api_base_url: `http://127.0.0.1:${farEnd}/v1/messages`,
        api_key: 'far-end',
        models: ['claude-sonnet-5'],
        transformer: { use: ['Anthropic'] },
      },
      {
        name: 'cross',
        api_base_url: `http://127.0.0.1:${farEnd}/v1/chat/completions`,
        api_key: 'far-end',
        models: ['gpt-5.5'],
      },
    ],
    Router: { default: 'cross,gpt-5.5' },
  }
}
