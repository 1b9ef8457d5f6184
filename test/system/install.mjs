// Brings the servers that some tests need: those of the system, else unpacked from its packages into `.cache/programs/`, so
// that nothing is installed or started. What cannot be had here is said, and the tests that need it skip.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '..', '.cache', 'programs')

/** By name: where a package has it, how it tells its version, and packages of Debian with libraries that a small system lacks. */
const PROGRAMS = {
  nginx: { place: 'usr/sbin', version: '-v', packages: ['nginx', 'libpcre2-8-0'] },
  haproxy: {
    place: 'usr/sbin',
    version: '-v',
    packages: ['haproxy', 'libpcre2-8-0', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'],
  },
  'redis-server': {
    place: 'usr/bin',
    version: '--version',
    packages: ['redis-server', 'redis-tools', 'libatomic1', 'libjemalloc2', 'liblzf1'],
  },
}

/** Libraries that a program is started with: where a package has them, without the folder of the machine's kind. */
const LIBRARIES = { libfaketime: 'faketime/libfaketime.so.1' }

for (const [program, { place, version, packages }] of Object.entries(PROGRAMS)) {
  if ([program, join('/', place, program)].some((path) => spawnSync(path, [version]).status === 0)) continue
  const unpacked = join(folder, place, program)
  if (existsSync(unpacked)) continue
  console.log(`system tests: unpacking ${program} from the system's packages`)
  unpack(packages)
  if (!existsSync(unpacked)) {
    console.log(`system tests: skipped: ${program} is not here and cannot be had; it is worth installing it`)
  }
}

for (const [name, file] of Object.entries(LIBRARIES)) {
  const isHere = () =>
    ['/usr/lib', join(folder, 'usr', 'lib')].some((place) => globSync(join(place, '*', file)).length > 0)
  if (isHere()) continue
  console.log(`system tests: unpacking ${name} from the system's packages`)
  unpack([name])
  if (!isHere()) console.log(`system tests: skipped: ${name} is not here and cannot be had; it is worth installing it`)
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
