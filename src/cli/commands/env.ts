import { choice, defineCommand, flag } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { JSON_OUTPUT } from '../shared-options.ts'
import { SHELLS } from '../shell-lines.ts'

export const command = defineCommand({
  name: 'env',
  summary: 'Print the lines that make programs started from a shell use the gateway',
  examples: [
    ['eval "$(ucr env)"', 'sh, bash, zsh'],
    ['ucr env --shell fish | source', 'fish'],
    ['ucr env --shell powershell | Out-String | Invoke-Expression', 'PowerShell'],
    ['eval "$(ucr env --unset)"', 'undo it'],
  ],
  options: {
    shell: choice('--shell <name>', 'the syntax', SHELLS),
    unset: flag('--unset', 'print the lines that undo it'),
    json: JSON_OUTPUT,
  },
  async run({ options, ...surroundings }) {
    const { environmentLines, variablesToUnset } = await import('../environment-lines.ts')
    const { commentLine, likelyShell, setLine, unsetLine } = await import('../shell-lines.ts')
    const { findGateway } = await import('../find-gateway.ts')
    const { terminal, environment } = surroundings
    const shell = options.shell ?? likelyShell(environment)
    const gateway = await findGateway(surroundings)
    if (options.unset) {
      for (const name of variablesToUnset(gateway.key, environment)) terminal.out.line(unsetLine(shell, name))
      return EXIT.ok
    }
    const { settings, notes } = environmentLines(gateway, environment)
    if (options.json) {
      terminal.json(Object.fromEntries(settings.map(({ name, value }) => [name, value])))
      return EXIT.ok
    }
    for (const { name, value } of settings) terminal.out.line(setLine(shell, name, value))
    for (const note of notes) terminal.out.line(commentLine(note))
    return EXIT.ok
  },
})
