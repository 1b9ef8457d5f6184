import type { CompletionOption, CompletionPoint } from './words.ts'

/** A script for `ucr completion fish | source`. */
export function fishCompletion(program: string, points: readonly CompletionPoint[]): string {
  return `# fish completion for ${program}
complete -c ${program} -f
${points.flatMap((point) => linesFor(program, point)).join('\n')}
`
}

function linesFor(program: string, point: CompletionPoint): string[] {
  const here = `complete -c ${program} -n ${quote(conditionFor(point))}`
  if (point.passThrough) return [`${here} -F`]
  return [
    ...point.commands.map((command) => `${here} -a ${command.name} -d ${quote(command.summary)}`),
    ...point.arguments.flatMap((completion) => (completion === 'none' ? [] : [`${here}${values(completion)}`])),
    ...point.options.map((option) => `${here}${optionWords(option)} -d ${quote(option.description)}`),
  ]
}

function conditionFor(point: CompletionPoint): string {
  if (point.path.length === 0) return '__fish_use_subcommand'
  const seen = point.path.map((name) => `__fish_seen_subcommand_from ${name}`)
  const below = point.commands.map((command) => command.name)
  if (below.length > 0) seen.push(`not __fish_seen_subcommand_from ${below.join(' ')}`)
  return seen.join('; and ')
}

function optionWords(option: CompletionOption): string {
  const short = option.short === null ? '' : ` -s ${option.short.slice(1)}`
  const name = `${short} -l ${option.long.slice(2)}`
  if (!option.takesValue) return name
  // `-x`: a value, and no file.
  return `${name}${option.completion === 'file' ? ' -r' : ' -x'}${values(option.completion)}`
}

function values(completion: CompletionOption['completion']): string {
  if (completion === 'file') return ' -F'
  return completion === 'none' ? '' : ` -a ${quote(completion.join(' '))}`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
