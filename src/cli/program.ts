import { Command, CommanderError, Option } from 'commander'
import { type CommandEntry, type CommandNode, type OptionSpec, type Surroundings } from './command.ts'
import { EXIT, EXIT_CODE_MEANINGS, type ExitCode } from './exit-code.ts'
import { Failure, reasonOf } from './failure.ts'
import { ConfigError, formatProblems } from '../config/problem.ts'
import { GatewayError } from '../lib/error.ts'
import { ProviderSettingsError } from '../providers/settings-error.ts'
import { ListenError } from '../server/listen.ts'
import { table, type Channel } from './terminal.ts'
import { VERSION } from './version.ts'

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
  const program = new Command(PROGRAM_NAME)
    .description(PROGRAM_SUMMARY)
    .version(VERSION, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .exitOverride()
    .showHelpAfterError(`Run "${PROGRAM_NAME} --help" for what there is.`)
    .configureHelp({ subcommandTerm: (command) => command.name(), showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.error.write(text),
      getOutHelpWidth: () => Math.min(terminal.out.columns, 120),
      getErrHelpWidth: () => Math.min(terminal.error.columns, 120),
      outputError: (text, write) => write(terminal.error.paint('red', text)),
      getOutHasColors: () => terminal.out.colours,
      getErrHasColors: () => terminal.error.colours,
    })
    .addHelpText('after', exitCodesText())

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
    for (const argument of node.arguments) command.argument(argument.name, argument.description)
    for (const option of node.options) command.addOption(toCommanderOption(option))
    for (const child of node.commands) addCommand(command, child, finish)
    if (node.examples.length > 0) command.addHelpText('after', examplesText(node))
    const { execute } = node
    if (execute === null) return
    command.action(() =>
      finish(execute({ ...surroundings, options: command.opts(), arguments: command.processedArgs })),
    )
  }

  await program.parseAsync(words, { from: 'user' })
  return exitCode
}

function toCommanderOption(spec: OptionSpec<unknown>): Option {
  const option = new Option(spec.flags, spec.description)
  if (spec.repeatable) {
    option.argParser((value: string, previous: unknown) => [...(Array.isArray(previous) ? previous : []), value])
  }
  return option
}

function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`
}

function examplesText(node: CommandNode): string {
  return `\nExamples:\n${table(node.examples.map(([line, meaning]) => [`  ${line}`, meaning])).join('\n')}`
}

function exitCodesText(): string {
  return `\nExit codes:\n${table(EXIT_CODE_MEANINGS.map(([code, meaning]) => [`  ${code}`, meaning])).join('\n')}`
}

/** Tells the person what went wrong, and the shell by the exit code. */
function report(error: unknown, channel: Channel): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof ConfigError) {
    channel.line(formatProblems(error.problems, { colors: channel.colours }))
    return EXIT.config
  }
  channel.line(`${channel.paint('red', 'error:')} ${reasonOf(error)}`)
  if (error instanceof Failure) {
    if (error.fix !== null) channel.line(indent(error.fix))
    return error.exitCode
  }
  if (error instanceof ProviderSettingsError) {
    channel.line(indent(error.fix))
    return EXIT.config
  }
  if (error instanceof ListenError || error instanceof GatewayError) return EXIT.failure
  channel.line(channel.paint('dim', error instanceof Error && error.stack !== undefined ? error.stack : String(error)))
  channel.line('This is a bug in ucr. Please report it with the lines above.')
  return EXIT.failure
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
