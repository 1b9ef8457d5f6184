import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPinned, stopped } from './contestant.ts'
import type { Contestant } from './contestant.ts'

/** The reference: nginx as a plain relay, buffering off, keep-alive to the upstream. */
export function nginx(): Contestant | null {
  const version = installedVersion()
  if (version === null) return null
  return {
    name: 'nginx',
    version,
    kinds: ['same', 'cross'],
    async start(ports) {
      const folder = mkdtempSync(join(tmpdir(), 'ucr-bench-nginx-'))
      const file = join(folder, 'nginx.conf')
      writeFileSync(file, config(folder, ports.gateway, ports.farEnd))
      const child = await startPinned(
        { command: 'nginx', args: ['-c', file, '-p', folder], environment: {} },
        ports.gateway,
      )
      return {
        pid: child.pid ?? 0,
        // It relays bytes and knows no protocol: for both kinds of work it is the same reference.
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

/** Null where there is no nginx. It prints its version to standard error. */
function installedVersion(): string | null {
  const { status, stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' })
  return status === 0 ? (/nginx\/([\d.]+)/.exec(stderr)?.[1] ?? 'unknown') : null
}

const config = (folder: string, port: number, upstream: number): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
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
    listen 127.0.0.1:${port};
    tcp_nodelay on;
    location / {
      proxy_pass http://far;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`
