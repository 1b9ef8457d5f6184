import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPinned, stopped } from '../../gateways/contestant.ts'
import type { Contestant } from '../../gateways/contestant.ts'

/** The other relay. Without `http-no-delay` it would hold back the events of a stream. Null where there is none. */
export function haproxy(): Contestant | null {
  const { status, stdout } = spawnSync('haproxy', ['-v'], { encoding: 'utf8' })
  if (status !== 0) return null
  return {
    name: 'haproxy',
    version: /version ([\d.]+)/.exec(stdout)?.[1] ?? 'unknown',
    setup: 'one thread, `option http-no-delay`, `http-reuse always`, no log, no key; relays bytes',
    origin: 'reference',
    kinds: ['same'],
    async start(place) {
      const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-haproxy-'))
      writeFileSync(join(folder, 'haproxy.cfg'), config(place.port, place.farEnd))
      const args = ['-db', '-f', join(folder, 'haproxy.cfg')]
      const child = await startPinned({ command: 'haproxy', args, environment: {} }, place)
      return {
        pid: child.pid ?? 0,
        target: () => ({
          path: '/v1/messages',
          model: 'claude-sonnet-5',
          headers: { 'anthropic-version': '2023-06-01' },
        }),
        stop: () => stopped(child),
      }
    },
  }
}

const config = (port: number, upstream: number): string => `
global
  nbthread 1
  maxconn 8192
  tune.bufsize 262144
defaults
  mode http
  option http-no-delay
  http-reuse always
  timeout connect 5s
  timeout client 300s
  timeout server 300s
frontend clients
  bind 127.0.0.1:${port}
  default_backend far
backend far
  server far 127.0.0.1:${upstream}
`
