import { spawnSync } from 'node:child_process'

/** Runs what follows in a network namespace with nothing but loopback. */
const UNSHARE = ['--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

/**
 * The command, wrapped so that it and all it starts reach only this machine, because client programs phone home. As it is
 * where the system cannot do that.
 *
 * @param {readonly string[]} command
 * @returns {readonly string[]}
 */
export function isolated(command) {
  const isPossible =
    process.platform === 'linux' && spawnSync('unshare', [...UNSHARE, 'true'], { stdio: 'ignore' }).status === 0
  return isPossible ? ['unshare', ...UNSHARE, ...command] : command
}
