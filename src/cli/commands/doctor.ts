import { defineCommand, flag } from '../command.ts'
import type { Finding } from '../checks/finding.ts'
import { EXIT } from '../exit-code.ts'
import { CONFIG, JSON_OUTPUT } from '../shared-options.ts'
import type { Channel } from '../terminal.ts'

export const command = defineCommand({
  name: 'doctor',
  summary: 'Find what is wrong with config, keys, ports and files, and say how to mend it',
  options: {
    offline: flag('--offline', 'ask no vendor'),
    config: CONFIG,
    json: JSON_OUTPUT,
  },
  async run({ options, ...surroundings }) {
    const { diagnose } = await import('../diagnose.ts')
    const { terminal } = surroundings
    const findings = await diagnose({ config: options.config, offline: options.offline }, surroundings)
    const errors = findings.filter(({ status }) => status === 'error').length
    if (options.json) {
      terminal.json({ healthy: errors === 0, findings })
    } else {
      for (const finding of findings) terminal.out.line(describe(finding, terminal.out))
      terminal.out.line(
        errors === 0 ? '\nNothing stands in the way.' : `\n${errors} thing${errors === 1 ? '' : 's'} to mend.`,
      )
    }
    return errors === 0 ? EXIT.ok : EXIT.failure
  },
})

const MARKS = { ok: ['green', '✓'], warning: ['yellow', '!'], error: ['red', '✗'] } as const

function describe({ check, status, message, fix }: Finding, channel: Channel): string {
  const [style, mark] = MARKS[status]
  const line = `${channel.paint(style, mark)} ${check.padEnd(9)} ${message}`
  return fix === null ? line : `${line}\n${' '.repeat(12)}${channel.paint('dim', '=')} ${fix}`
}
