import { spawnSync } from 'node:child_process'

/** A network namespace with nothing but loopback: client programs phone home, and tests must not let them. */
const NAMESPACE = ['unshare', '--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

/**
 * The command, wrapped so that it and all it starts reach only this machine; as it is where the system cannot do that.
 *
 * @param {readonly string[]} command
 * @returns {readonly string[]}
 */
export function isolated(command) {
  const [program = '', ...args] = [...NAMESPACE, 'true']
  const possible = process.platform === 'linux' && spawnSync(program, args, { stdio: 'ignore' }).status === 0
  return possible ? [...NAMESPACE, ...command] : command
}
