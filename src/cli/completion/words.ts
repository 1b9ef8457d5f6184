import { longFlag, type CommandNode, type Completion } from '../command.ts'

/** The command tree as completion scripts need it: one entry for the program, each group and each command. */
export interface CompletionPoint {
  /** Names behind `ucr`: `config show`; empty for the program itself. */
  readonly path: readonly string[]
  readonly commands: readonly { readonly name: string; readonly summary: string }[]
  readonly options: readonly CompletionOption[]
  /** Of the positional arguments, in order. */
  readonly arguments: readonly Completion[]
  /** The rest of the line is another program's. */
  readonly passThrough: boolean
}

export interface CompletionOption {
  /** `-p`, or null. */
  readonly short: string | null
  /** `--port`. */
  readonly long: string
  readonly description: string
  readonly takesValue: boolean
  readonly completion: Completion
}

const HELP: CompletionOption = {
  short: '-h',
  long: '--help',
  description: 'show help',
  takesValue: false,
  completion: 'none',
}

const VERSION: CompletionOption = {
  short: '-v',
  long: '--version',
  description: 'print the version',
  takesValue: false,
  completion: 'none',
}

export function completionPoints(commands: readonly CommandNode[]): readonly CompletionPoint[] {
  const program: CompletionPoint = {
    path: [],
    commands: commands.map(({ name, summary }) => ({ name, summary })),
    options: [HELP, VERSION],
    arguments: [],
    passThrough: false,
  }
  return [program, ...commands.flatMap((command) => pointsOf(command, []))]
}

function pointsOf(node: CommandNode, parents: readonly string[]): CompletionPoint[] {
  const path = [...parents, node.name]
  const point: CompletionPoint = {
    path,
    commands: node.commands.map(({ name, summary }) => ({ name, summary })),
    options: node.passThrough ? [] : [...node.options.map(optionOf), HELP],
    arguments: node.arguments.map((argument) => argument.completion),
    passThrough: node.passThrough,
  }
  return [point, ...node.commands.flatMap((command) => pointsOf(command, path))]
}

function optionOf(spec: CommandNode['options'][number]): CompletionOption {
  return {
    short: /^-[a-zA-Z](?=,)/.exec(spec.flags)?.[0] ?? null,
    long: longFlag(spec.flags),
    description: spec.description,
    takesValue: spec.flags.includes('<'),
    completion: spec.completion,
  }
}

/** Both spellings of an option. */
export function spellings(option: CompletionOption): readonly string[] {
  return option.short === null ? [option.long] : [option.short, option.long]
}
