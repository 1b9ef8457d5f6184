import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `mount` needs is a place of its own for the files that it covers. */
const UNSHARE = ['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])]

/** Why tests with names of their own have to be skipped; null where they need not. */
export const NO_OWN_NAMES =
  spawnSync(UNSHARE[0] ?? '', [...UNSHARE.slice(1), 'mount', '--bind', '/etc/hosts', '/etc/hosts']).status === 0
    ? null
    : 'nothing can be mounted here'

/** The names that one process can look up: those of a file, and a resolver that is dead. */
export class OwnNames {
  /** Becomes the program that stands behind it. */
  readonly command: readonly string[]
  readonly #hosts: string

  /** `folder`: of the test. */
  constructor(folder: string, names: readonly string[]) {
    const [hosts, resolver] = [join(folder, 'hosts'), join(folder, 'resolv.conf')]
    this.#hosts = hosts
    this.set(names)
    writeFileSync(resolver, 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n')
    const mounts = `mount --bind '${hosts}' /etc/hosts && mount --bind '${resolver}' /etc/resolv.conf`
    this.command = [...UNSHARE, 'sh', '-c', `${mounts} && exec "$@"`, 'sh']
  }

  /** From now on these are this machine, and no others are any. */
  set(names: readonly string[]): void {
    writeFileSync(this.#hosts, `127.0.0.1 ${['localhost', ...names].join(' ')}\n`)
  }
}
