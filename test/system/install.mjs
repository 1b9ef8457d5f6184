// What system tests need besides packages: a real Redis. Brought only where that takes nothing but a package of the
// system and nobody's password; elsewhere those tests are skipped, and say why.
import { spawnSync } from 'node:child_process'

const SERVERS = ['redis-server', 'valkey-server']
const MOST = 120_000

if (!SERVERS.some(isThere) && process.getuid?.() === 0 && isThere('apt-get')) {
  const options = ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=60', 'redis-server']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status } = spawnSync('apt-get', options, { env, timeout: MOST, stdio: 'ignore' })
  if (status !== 0) console.log('redis-server could not be installed: tests with a real server will be skipped')
}

/** @param {string} program */
function isThere(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
}
