import { defineCommand, rest } from '../command.ts'

export const command = defineCommand({
  name: 'code',
  summary: 'Run Claude Code through the gateway; everything behind "code" goes to claude as it is',
  examples: [
    ['ucr code', 'starts the gateway in the background when none runs, then claude'],
    ['ucr code -p "Say hello" --model sonnet', 'with arguments of claude'],
    ['UCR_CONFIG=work.json ucr code', 'variables choose config, port and key: UCR_CONFIG, UCR_PORT, UCR_API_KEY'],
  ],
  passThrough: true,
  arguments: { words: rest('arguments', 'for claude') },
  async run({ arguments: { words }, ...surroundings }) {
    const { runClaude } = await import('../run-claude.ts')
    return runClaude(words, surroundings)
  },
})
