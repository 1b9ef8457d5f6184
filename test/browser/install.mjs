// Brings the browser that the dashboard is looked at with: that of the system, else Debian's package where this user may
// install one. Where it cannot be had, that is said, and the tests skip.
import { spawnSync } from 'node:child_process'

const isThere = () => spawnSync('chromium', ['--version'], { stdio: 'ignore' }).status === 0

if (!isThere() && process.getuid?.() === 0) {
  console.log("browser tests: installing Chromium from the system's packages")
  spawnSync('apt-get', ['update'], { stdio: 'ignore' })
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
    stdio: 'ignore',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}
if (!isThere()) console.log('browser tests: skipped: there is no chromium, and it cannot be installed here')
