import { Command, CommanderError, Option } from 'commander'
import type { CommandNode, OptionSpec } from './command.ts'
import { EXIT, EXIT_CODE_MEANINGS, type ExitCode } from './exit-code.ts'
import { Failure, reasonOf } from './failure.ts'
import { ConfigError, formatProblems } from '../config/problem.ts'
import { GatewayError } from '../lib/error.ts'
import { ProviderSettingsError } from '../providers/settings-error.ts'
import { ListenError } from '../server/listen.ts'
import { table, type Channel, type Terminal } from './terminal.ts'
import { VERSION } from './version.ts'

/** A program that prints where `terminal` says, and throws instead of ending the process. */
export function createProgram(name: string, summary: string, terminal: Terminal): Command {
  return new Command(name)
    .description(summary)
    .version(VERSION, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .showHelpAfterError(`Run "${name} --help" for what there is.`)
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
}

/** Arguments, options and examples of a command. */
export function describeCommand(command: Command, node: CommandNode): void {
  for (const argument of node.arguments) command.argument(argument.name, argument.description)
  for (const option of node.options) command.addOption(toCommanderOption(option))
  if (node.examples.length > 0) command.addHelpText('after', examplesText(node))
}

function toCommanderOption(spec: OptionSpec<unknown>): Option {
  const option = new Option(spec.flags, spec.description)
  if (spec.repeatable) {
    option.argParser((value: string, previous: unknown) => [...(Array.isArray(previous) ? previous : []), value])
  }
  return option
}

function examplesText(node: CommandNode): string {
  return `\nExamples:\n${table(node.examples.map(([line, meaning]) => [`  ${line}`, meaning])).join('\n')}`
}

export function exitCodesText(meanings: typeof EXIT_CODE_MEANINGS): string {
  return `\nExit codes:\n${table(meanings.map(([code, meaning]) => [`  ${code}`, meaning])).join('\n')}`
}

/** Tells the person what went wrong, and the shell by the exit code. */
export function report(error: unknown, channel: Channel): ExitCode {
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
