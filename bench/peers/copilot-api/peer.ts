import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPinned, stopped } from '../../gateways/contestant.ts'
import type { Contestant } from '../../gateways/contestant.ts'
import { installed } from '../installed.ts'

/** Translates Messages to the Chat of GitHub Copilot, whose part the far end plays. */
export function copilotApi(): Contestant | null {
  const found = installed('copilot-api', 'copilot-api')
  if (found === null) return null
  return {
    name: 'copilot-api',
    version: found.version,
    setup: 'its defaults; what it asks GitHub goes to the far end, it checks no key',
    origin: 'npm',
    kinds: ['cross'],
    async start(place) {
      const home = mkdtempSync(join(tmpdir(), 'ucr-bench-copilot-'))
      const main = join(found.folder, 'dist', 'main.js')
      const redirect = join(import.meta.dirname, 'redirect.mjs')
      const child = await startPinned(
        {
          command: process.execPath,
          args: ['--import', redirect, main, 'start', '--port', String(place.port), '--github-token', 'bench'],
          environment: { HOME: home, NODE_ENV: 'production', BENCH_FAR_END: String(place.farEnd) },
        },
        place,
      )
      return {
        pid: child.pid ?? 0,
        target: () => ({ path: '/v1/messages', model: 'gpt-5.5', headers: { 'anthropic-version': '2023-06-01' } }),
        stop: () => stopped(child),
      }
    },
  }
}
