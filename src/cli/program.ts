import type { Command } from 'commander'
import type { CommandEntry, CommandNode, Surroundings } from './command.ts'
import { createProgram, describeCommand, exitCodesText, report } from './commander.ts'
import { EXIT, EXIT_CODE_MEANINGS, type ExitCode } from './exit-code.ts'

export const PROGRAM_NAME = 'ucr'
export const PROGRAM_SUMMARY = 'Universal Claude Router: one gateway between any AI client and any model provider.'

/**
 * Runs one command line and says how it ended. Only the modules of the commands that it names are loaded, so that
 * `ucr --version` costs no more than starting Node.
 */
export async function runCommandLine(
  words: readonly string[],
  entries: readonly CommandEntry[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { terminal } = surroundings
  try {
    const named = await loadNamed(words, entries)
    const passing = named.find((node) => node.passThrough && node.name === words[0])
    if (passing?.execute) return await passing.execute({ ...surroundings, options: {}, arguments: [words.slice(1)] })
    return await runCommander(words, entries, named, surroundings)
  } catch (error) {
    return report(error, terminal.error)
  }
}

/** `ucr help start` names two commands, one of which exists. */
async function loadNamed(words: readonly string[], entries: readonly CommandEntry[]): Promise<CommandNode[]> {
  const operands = new Set(words.filter((word) => !word.startsWith('-')).slice(0, 2))
  return Promise.all(entries.filter((entry) => operands.has(entry.name)).map((entry) => entry.load()))
}

async function runCommander(
  words: readonly string[],
  entries: readonly CommandEntry[],
  loaded: readonly CommandNode[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok
  const { terminal } = surroundings
  const program = createProgram(PROGRAM_NAME, PROGRAM_SUMMARY, terminal)
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', exitCodesText(EXIT_CODE_MEANINGS))

  for (const entry of entries) {
    const node = loaded.find((candidate) => candidate.name === entry.name)
    if (node === undefined) program.command(entry.name).summary(entry.summary)
    else addCommand(program, node, async (input) => void (exitCode = await input))
  }
  if (words.length === 0) {
    program.outputHelp()
    return EXIT.ok
  }

  function addCommand(parent: Command, node: CommandNode, finish: (code: Promise<ExitCode>) => Promise<void>): void {
    const command = parent.command(node.name).description(node.summary).summary(node.summary)
    command.showHelpAfterError(`Run "${commandPath(command)} --help" for what there is.`)
    if (node.commands.length > 0) command.helpCommand(false)
    describeCommand(command, node)
    for (const child of node.commands) addCommand(command, child, finish)
    const { execute } = node
    if (execute === null) return
    command.action(() =>
      finish(execute({ ...surroundings, options: command.opts(), arguments: command.processedArgs })),
    )
  }

  await program.parseAsync(words, { from: 'user' })
  return exitCode
}

function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`
}

/**
 * Runs a program that is one command by itself, without others below it. `meanings`: of its exit codes, for its help.
 */
export async function runSingleCommand(
  words: readonly string[],
  node: CommandNode,
  meanings: typeof EXIT_CODE_MEANINGS,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { terminal } = surroundings
  let exitCode: ExitCode = EXIT.ok
  const program = createProgram(node.name, node.summary, terminal).addHelpText('after', exitCodesText(meanings))
  describeCommand(program, node)
  program.action(async () => {
    const input = { ...surroundings, options: program.opts(), arguments: program.processedArgs }
    exitCode = (await node.execute?.(input)) ?? EXIT.ok
  })
  try {
    await program.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (error) {
    return report(error, terminal.error)
  }
}
