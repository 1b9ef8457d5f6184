import { defineCommand, text } from '../command.ts'
import { usageFailure } from '../failure.ts'

export const command = defineCommand({
  name: 'setup',
  summary: 'Write a config by answering questions; nothing is replaced without asking',
  options: { output: text('-o, --output <file>', 'write this file (default: in your config folder)', 'file') },
  async run({ options, ...surroundings }) {
    if (!surroundings.terminal.interactive) {
      throw usageFailure('The questions need a terminal.', 'Without one, "ucr config init" writes a config by itself.')
    }
    const { runSetup } = await import('../setup.ts')
    return runSetup(options.output, surroundings)
  },
})
