import { launch } from './launch.ts'
import { BACKGROUND_VARIABLE, WORKER_VARIABLE } from './process-variables.ts'

/** `claude-wrapper` and `wrapper`. The processes that they start are `ucr start`, under this name in the list of processes. */
await launch('claude-wrapper', async () => {
  const { runCommandLine, runSingleCommand } = await import('./program.ts')
  if (process.env[BACKGROUND_VARIABLE] === '1' || process.env[WORKER_VARIABLE] === '1') {
    const { COMMANDS } = await import('./commands/index.ts')
    return (words, surroundings) => runCommandLine(words, COMMANDS, surroundings)
  }
  const { command, EXIT_CODES, exitCodeOf } = await import('./wrapper/command.ts')
  return async (words, surroundings) => exitCodeOf(await runSingleCommand(words, command, EXIT_CODES, surroundings))
})
