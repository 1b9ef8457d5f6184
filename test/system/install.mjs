// Brings the proxies that stand before the gateway in some tests: nginx and HAProxy of the system, else unpacked from its
// packages into `.cache/proxies/`, so that nothing is installed or started. What cannot be had here is said, and the tests
// that need it skip.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '..', '.cache', 'proxies')

/** Packages of Debian by the program in them, with libraries that a small system lacks. */
const PACKAGES = {
  nginx: ['nginx', 'libpcre2-8-0'],
  haproxy: ['haproxy', 'libpcre2-8-0', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'],
}

for (const [program, packages] of Object.entries(PACKAGES)) {
  if (spawnSync(program, ['-v']).status === 0 || spawnSync(join('/usr/sbin', program), ['-v']).status === 0) continue
  if (existsSync(join(folder, 'usr', 'sbin', program))) continue
  console.log(`system tests: unpacking ${program} from the system's packages`)
  unpack(packages)
  if (!existsSync(join(folder, 'usr', 'sbin', program))) {
    console.log(`system tests: skipped: ${program} is not here and cannot be had; it is worth installing it`)
  }
}

/** @param {readonly string[]} packages */
function unpack(packages) {
  mkdirSync(folder, { recursive: true })
  // Fails where this user may not; what is known of packages may be enough.
  spawnSync('apt-get', ['update'])
  for (const name of packages) spawnSync('apt-get', ['download', name], { cwd: folder })
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    spawnSync('dpkg', ['--extract', file, '.'], { cwd: folder })
  }
}
