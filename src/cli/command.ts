import type { ExitCode } from './exit-code.ts'
import { usageFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'

/** What a shell offers behind an option or in place of an argument. */
export type Completion = 'none' | 'file' | readonly string[]

/** One option: how it is written, and how its value is read. */
export interface OptionSpec<T> {
  /** As help shows it: `-p, --port <number>`. */
  readonly flags: string
  readonly description: string
  readonly completion: Completion
  /** May be given several times. */
  readonly repeatable: boolean
  /** `raw` is what the parser found: undefined when the option was not given. Throws a usage failure. */
  readonly read: (raw: unknown) => T
}

/** One positional argument: `<file>`, `[provider]`, `[arguments...]`. */
export interface ArgumentSpec<T> {
  readonly name: string
  readonly description: string
  readonly completion: Completion
  readonly read: (raw: unknown) => T
}

export type OptionTable = Readonly<Record<string, OptionSpec<unknown>>>
export type ArgumentTable = Readonly<Record<string, ArgumentSpec<unknown>>>

type ValuesOf<Table extends Readonly<Record<string, { readonly read: (raw: unknown) => unknown }>>> = {
  readonly [Name in keyof Table]: ReturnType<Table[Name]['read']>
}

/** Where a command runs. Nothing below reads `process` for these. */
export interface Surroundings {
  readonly terminal: Terminal
  readonly environment: NodeJS.ProcessEnv
  /** The user's home folder. */
  readonly home: string
  /** The working folder. */
  readonly directory: string
}

export interface Invocation<Options extends OptionTable, Arguments extends ArgumentTable> extends Surroundings {
  readonly options: ValuesOf<Options>
  readonly arguments: ValuesOf<Arguments>
}

export interface CommandDefinition<Options extends OptionTable, Arguments extends ArgumentTable> {
  readonly name: string
  readonly summary: string
  /** Shown below the options: command lines with what each does. */
  readonly examples?: readonly (readonly [string, string])[]
  /** In the order in which they are written. */
  readonly arguments?: Arguments
  readonly options?: Options
  /** Whatever follows the command's name belongs to the program that it starts, `--help` too. */
  readonly passThrough?: boolean
  /** Throws `Failure`, or `ConfigError` of the config. */
  readonly run: (invocation: Invocation<Options, Arguments>) => Promise<ExitCode>
}

/** What commander finds on a command line. */
export interface RawInput extends Surroundings {
  /** By the name of the long flag in camel case. */
  readonly options: Readonly<Record<string, unknown>>
  readonly arguments: readonly unknown[]
}

/** A command as the program, the completions and the reference page see it. */
export interface CommandNode {
  readonly name: string
  readonly summary: string
  readonly examples: readonly (readonly [string, string])[]
  readonly arguments: readonly ArgumentSpec<unknown>[]
  readonly options: readonly OptionSpec<unknown>[]
  readonly passThrough: boolean
  readonly commands: readonly CommandNode[]
  /** Null: a group, which only holds commands. */
  readonly execute: ((input: RawInput) => Promise<ExitCode>) | null
}

/** A line of `commands/index.ts`: enough for the help, the module only when it is called. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<CommandNode>
}

export function defineCommand<Options extends OptionTable = {}, Arguments extends ArgumentTable = {}>(
  definition: CommandDefinition<Options, Arguments>,
): CommandNode {
  const { run } = definition
  return {
    name: definition.name,
    summary: definition.summary,
    examples: definition.examples ?? [],
    arguments: Object.values<ArgumentSpec<unknown>>(definition.arguments ?? {}),
    options: Object.values<OptionSpec<unknown>>(definition.options ?? {}),
    passThrough: definition.passThrough ?? false,
    commands: [],
    execute: (input) =>
      run({
        terminal: input.terminal,
        environment: input.environment,
        home: input.home,
        directory: input.directory,
        options: readValues<Options>(definition.options, (spec) => input.options[attributeName(spec.flags)]),
        arguments: readValues<Arguments>(definition.arguments, (_spec, position) => input.arguments[position]),
      }),
  }
}

/** Commands that belong together: `ucr config show`. */
export function defineGroup(name: string, summary: string, commands: readonly CommandNode[]): CommandNode {
  return {
    name,
    summary,
    examples: [],
    arguments: [],
    options: [],
    passThrough: false,
    commands,
    execute: null,
  }
}

type Readable = Readonly<Record<string, { readonly read: (raw: unknown) => unknown }>>

function readValues<Table extends Readable>(
  table: Table | undefined,
  rawOf: (spec: Table[keyof Table], position: number) => unknown,
): ValuesOf<Table>
function readValues(
  table: Readable | undefined,
  rawOf: (spec: Readable[string], position: number) => unknown,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [position, [name, spec]] of Object.entries(table ?? {}).entries()) {
    values[name] = spec.read(rawOf(spec, position))
  }
  return values
}

/** `-l, --log-level <level>` is `logLevel`; `--no-watch` is `watch`. */
export function attributeName(flags: string): string {
  return longFlag(flags)
    .replace(/^--(?:no-)?/, '')
    .replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}

/** `--log-level` of `-l, --log-level <level>`. */
export function longFlag(flags: string): string {
  const found = /--[a-z][a-z-]*/.exec(flags)
  if (found === null) throw new TypeError(`An option needs a long name: ${flags}`)
  return found[0]
}

/** On when given. */
export function flag(flags: string, description: string): OptionSpec<boolean> {
  return { flags, description, completion: 'none', repeatable: false, read: (raw) => raw === true }
}

/** `--no-x`: off when given. */
export function negated(flags: string, description: string): OptionSpec<boolean> {
  return { flags, description, completion: 'none', repeatable: false, read: (raw) => raw !== false }
}

export function text(flags: string, description: string, completion: Completion = 'none'): OptionSpec<string | null> {
  return {
    flags,
    description,
    completion,
    repeatable: false,
    read: (raw) => {
      if (typeof raw !== 'string') return null
      if (raw === '') throw usageFailure(`${longFlag(flags)} needs a value.`)
      return raw
    },
  }
}

export function texts(flags: string, description: string): OptionSpec<readonly string[]> {
  return {
    flags,
    description,
    completion: 'none',
    repeatable: true,
    read: (raw) => (Array.isArray(raw) ? raw.filter((item) => typeof item === 'string') : []),
  }
}

export function choice<const Choice extends string>(
  flags: string,
  description: string,
  choices: readonly Choice[],
): OptionSpec<Choice | null> {
  return {
    flags,
    description: `${description}: ${choices.join(', ')}`,
    completion: choices,
    repeatable: false,
    read: (raw) => {
      if (typeof raw !== 'string') return null
      const found = choices.find((known) => known === raw)
      if (found === undefined) throw usageFailure(`${longFlag(flags)} ${raw}: it is one of ${choices.join(', ')}.`)
      return found
    },
  }
}

export function integer(
  flags: string,
  description: string,
  limits: { readonly min: number; readonly max: number },
): OptionSpec<number | null> {
  return {
    flags,
    description,
    completion: 'none',
    repeatable: false,
    read: (raw) => {
      if (typeof raw !== 'string') return null
      const value = Number(raw)
      if (/^\d+$/.test(raw) && value >= limits.min && value <= limits.max) return value
      throw usageFailure(`${longFlag(flags)} ${raw}: it is a whole number from ${limits.min} to ${limits.max}.`)
    },
  }
}

/** `<name>`. */
export function required(name: string, description: string, completion: Completion = 'none'): ArgumentSpec<string> {
  return {
    name: `<${name}>`,
    description,
    completion,
    read: (raw) => {
      if (typeof raw === 'string' && raw !== '') return raw
      throw usageFailure(`<${name}> must not be empty.`)
    },
  }
}

/** `[name]`. */
export function optional(
  name: string,
  description: string,
  completion: Completion = 'none',
): ArgumentSpec<string | null> {
  return { name: `[${name}]`, description, completion, read: (raw) => (typeof raw === 'string' ? raw : null) }
}

/** `[name...]`. */
export function rest(name: string, description: string): ArgumentSpec<readonly string[]> {
  return {
    name: `[${name}...]`,
    description,
    completion: 'none',
    read: (raw) => (Array.isArray(raw) ? raw.filter((item) => typeof item === 'string') : []),
  }
}
