import { join } from 'node:path'
import { installed } from './installed.ts'
import { startPinned, stopped } from './contestant.ts'
import type { Contestant } from './contestant.ts'

const PACKAGE = '@portkey-ai/gateway'

/** Same-protocol relay only: its translation of Anthropic Messages to other vendors answers "not supported". */
export function portkey(): Contestant | null {
  const found = installed(PACKAGE)
  if (found === null) return null
  return {
    name: 'portkey',
    version: found.version,
    kinds: ['same'],
    async start(ports) {
      const child = await startPinned(
        {
          command: process.execPath,
          args: [join(found.folder, 'build', 'start-server.js'), `--port=${ports.gateway}`, '--headless'],
          environment: { HOME: '/nonexistent', NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' },
        },
        ports.gateway,
      )
      return {
        pid: child.pid ?? 0,
        target: () => ({
          path: '/v1/messages',
          model: 'claude-sonnet-5',
          headers: {
            authorization: 'Bearer far-end',
            'x-portkey-provider': 'anthropic',
            'x-portkey-custom-host': `http://127.0.0.1:${ports.farEnd}/v1`,
            'anthropic-version': '2023-06-01',
          },
        }),
        stop: () => stopped(child),
      }
    },
  }
}
