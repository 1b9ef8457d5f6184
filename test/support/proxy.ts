import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { programEnvironment, programOf } from './server-program.ts'

/** A proxy that is often put before a gateway. */
export interface ProxyKind {
  readonly name: 'nginx' | 'haproxy'
  /** `socket`: where it listens; `port`: the gateway's. */
  config(place: { readonly folder: string; readonly socket: string; readonly port: number }): string
  args(file: string): readonly string[]
  /** What it prints when it takes connections. */
  readonly ready: RegExp
}

export interface Proxy {
  /** The path of the socket that clients connect to. */
  readonly socket: string
  close(): Promise<void>
}

/** Short: what hangs is not worth waiting for. */
const PATIENCE = '3s'

/**
 * Both send requests of all clients over as few connections as they can, and bodies on as they come: what the gateway
 * reads otherwise than they do is found in the next client's answer.
 */
export const PROXIES: readonly ProxyKind[] = [
  {
    name: 'nginx',
    args: (file) => ['-c', file],
    ready: /start worker process /,
    config: ({ folder, socket, port }) => `
      daemon off;
      worker_processes 1;
      pid ${folder}/pid;
      error_log stderr notice;
      events {}
      http {
        access_log off;
        client_body_temp_path ${folder}/body;
        proxy_temp_path ${folder}/proxy;
        fastcgi_temp_path ${folder}/fastcgi;
        uwsgi_temp_path ${folder}/uwsgi;
        scgi_temp_path ${folder}/scgi;
        client_max_body_size 64m;
        client_header_timeout ${PATIENCE};
        client_body_timeout ${PATIENCE};
        upstream gateway { server 127.0.0.1:${port} max_fails=0; keepalive 1; }
        server {
          listen unix:${socket};
          location / {
            proxy_pass http://gateway;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_next_upstream off;
          }
        }
      }`,
  },
  {
    name: 'haproxy',
    args: (file) => ['-W', '-db', '-f', file],
    ready: /Loading success/,
    config: ({ socket, port }) => `
      global
        nbthread 1
      defaults
        mode http
        option http-no-delay
        option abortonclose
        http-reuse always
        retries 0
        timeout connect ${PATIENCE}
        timeout http-request ${PATIENCE}
        timeout client ${PATIENCE}
        timeout server 60s
      frontend clients
        bind unix@${socket}
        default_backend gateway
      backend gateway
        server gateway 127.0.0.1:${port} pool-max-conn 1
`,
  },
]

/** Why a proxy cannot be run here; null: it can. */
export function obstacleTo({ name }: ProxyKind): string | null {
  return programOf(name, '-v') === null ? `${name} is not installed: run test/system/install.mjs` : null
}

/** Starts it before a gateway. */
export async function startProxy(kind: ProxyKind, port: number): Promise<Proxy> {
  const program = programOf(kind.name, '-v')
  if (program === null) throw new Error(obstacleTo(kind) ?? '')
  const folder = mkdtempSync(join(realpathSync(tmpdir()), `ucr-${kind.name}-`))
  // Its worker may be another user.
  chmodSync(folder, 0o755)
  const socket = join(folder, 'clients')
  const file = join(folder, 'config')
  writeFileSync(file, kind.config({ folder, socket, port }))
  const child = spawn(program, kind.args(file), { stdio: ['ignore', 'ignore', 'pipe'], env: programEnvironment() })
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'close')
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await printed(child, kind.ready)
  } catch (thrown) {
    await close()
    throw thrown
  }
  return { socket, close }
}

async function printed(child: ChildProcessByStdio<null, null, Readable>, pattern: RegExp): Promise<void> {
  let text = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      text += more
      if (pattern.test(text)) resolve()
    })
    child.once('close', () => reject(new Error(`it never printed ${pattern}: ${text}`)))
  })
}
