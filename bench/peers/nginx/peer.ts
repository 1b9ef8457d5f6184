import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers } from '../../answers.ts'
import { startPinned, stopped } from '../../gateways/contestant.ts'
import type { Contestant } from '../../gateways/contestant.ts'

/** The reference: nginx as a plain relay, buffering off, keep-alive to the upstream. Null where there is none. */
export function nginx(): Contestant | null {
  // It prints its version to standard error.
  const { status, stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' })
  if (status !== 0) return null
  return {
    name: 'nginx',
    version: /nginx\/([\d.]+)/.exec(stderr)?.[1] ?? 'unknown',
    setup: 'one worker, `proxy_buffering off`, keep-alive to the upstream, no log, no key; relays bytes',
    origin: 'reference',
    kinds: ['same', 'cross', 'back', 'cached'],
    async start(place) {
      const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-nginx-'))
      // Its worker is another user.
      chmodSync(folder, 0o755)
      writeFileSync(join(folder, 'nginx.conf'), config(folder, place.port, place.farEnd))
      writeFileSync(join(folder, 'cached.json'), answers.body('/v1/messages', false))
      const args = ['-c', join(folder, 'nginx.conf'), '-p', folder]
      const child = await startPinned({ command: 'nginx', args, environment: {} }, place)
      return {
        pid: child.pid ?? 0,
        // It knows no protocol: for translation too, the reference is relaying what the client's side would say.
        target: (kind) => ({
          ...(kind === 'cached' ? { method: 'GET' as const } : {}),
          path: kind === 'cached' ? '/cached.json' : kind === 'back' ? '/v1/chat/completions' : '/v1/messages',
          model: 'claude-sonnet-5',
          headers: { 'anthropic-version': '2023-06-01' },
        }),
        stop: () => stopped(child),
      }
    },
  }
}

const config = (folder: string, port: number, upstream: number): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  default_type application/json;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_body_buffer_size 1m;
  client_max_body_size 64m;
  keepalive_requests 100000000;
  upstream far { server 127.0.0.1:${upstream}; keepalive 1024; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    tcp_nodelay on;
    location = /cached.json { root ${folder}; }
    location / {
      proxy_pass http://far;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`
