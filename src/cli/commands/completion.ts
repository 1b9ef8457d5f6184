import { defineCommand, required } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { usageFailure } from '../failure.ts'
import { PROGRAM_NAME } from '../program.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export const command = defineCommand({
  name: 'completion',
  summary: 'Print a completion script for a shell',
  examples: [
    ['source <(ucr completion bash)', 'for this bash; put it into ~/.bashrc to keep it'],
    ['source <(ucr completion zsh)', 'for this zsh; put it into ~/.zshrc behind compinit'],
    ['ucr completion fish > ~/.config/fish/completions/ucr.fish', 'for fish'],
  ],
  arguments: { shell: required('shell', SHELLS.join(', '), SHELLS) },
  async run({ arguments: { shell }, terminal }) {
    const { completionPoints } = await import('../completion/words.ts')
    const { COMMANDS } = await import('./index.ts')
    const points = completionPoints(await Promise.all(COMMANDS.map((entry) => entry.load())))
    const script = await generatorFor(shell)
    terminal.out.write(script(PROGRAM_NAME, points))
    return EXIT.ok
  },
})

async function generatorFor(shell: string) {
  switch (shell) {
    case 'bash':
      return (await import('../completion/bash.ts')).bashCompletion
    case 'zsh':
      return (await import('../completion/zsh.ts')).zshCompletion
    case 'fish':
      return (await import('../completion/fish.ts')).fishCompletion
    default:
      throw usageFailure(`There is no completion for ${shell}.`, `It is one of ${SHELLS.join(', ')}.`)
  }
}
