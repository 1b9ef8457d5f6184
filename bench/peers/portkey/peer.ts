import { join } from 'node:path'
import { startPinned, stopped } from '../../gateways/contestant.ts'
import type { Contestant, Target } from '../../gateways/contestant.ts'
import type { Kind } from '../../scenarios.ts'
import { installed } from '../installed.ts'

/** Relays Messages, translates Chat to Messages; its translation of Messages to Chat answers "not supported". */
export function portkey(): Contestant | null {
  const found = installed('portkey', '@portkey-ai/gateway')
  if (found === null) return null
  return {
    name: 'portkey',
    version: found.version,
    setup: 'open-source build, headless; the provider named by headers, `cache: simple` where the cache is measured',
    origin: 'npm',
    kinds: ['same', 'back', 'cached'],
    async start(place) {
      const child = await startPinned(
        {
          command: process.execPath,
          args: [join(found.folder, 'build', 'start-server.js'), `--port=${place.port}`, '--headless'],
          environment: { HOME: '/nonexistent', NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' },
        },
        place,
      )
      return {
        pid: child.pid ?? 0,
        target: (kind) => targetOf(kind, place.farEnd),
        stop: () => stopped(child),
      }
    },
  }
}

function targetOf(kind: Kind, farEnd: number): Target {
  const provider = { provider: 'anthropic', api_key: 'far-end', custom_host: `http://127.0.0.1:${farEnd}/v1` }
  const headers =
    kind === 'cached'
      ? { 'x-portkey-config': JSON.stringify({ ...provider, cache: { mode: 'simple' } }) }
      : {
          authorization: 'Bearer far-end',
          'x-portkey-provider': provider.provider,
          'x-portkey-custom-host': provider.custom_host,
        }
  return {
    path: kind === 'back' ? '/v1/chat/completions' : '/v1/messages',
    model: 'claude-sonnet-5',
    headers: { ...headers, 'anthropic-version': '2023-06-01' },
  }
}
