import { spellings, type CompletionPoint } from './words.ts'

/** A script for `source <(ucr completion bash)`. */
export function bashCompletion(program: string, points: readonly CompletionPoint[]): string {
  return `# bash completion for ${program}
_${program}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  local path="" words="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$path/\${COMP_WORDS[index]}" in
${points.filter(isCommand).map(descend).join('\n')}
    esac
  done
  case "$path $previous" in
${points.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${points.map(wordCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _${program} ${program}
`
}

const isCommand = (point: CompletionPoint) => point.path.length > 0

const pathOf = (point: CompletionPoint) => point.path.map((name) => `/${name}`).join('')

function descend(point: CompletionPoint): string {
  return `      ${quote(pathOf(point))}) path=${quote(pathOf(point))} ;;`
}

function valueCases(point: CompletionPoint): string[] {
  return point.options
    .filter((option) => option.takesValue)
    .map((option) => {
      const patterns = spellings(option).map((spelling) => quote(`${pathOf(point)} ${spelling}`))
      return `    ${patterns.join(' | ')}) ${valueAction(option.completion)}; return ;;`
    })
}

/** An empty reply makes bash offer file names, by \`-o default\`. */
function valueAction(completion: CompletionPoint['arguments'][number]): string {
  if (typeof completion === 'string') return 'COMPREPLY=()'
  return `COMPREPLY=($(compgen -W ${quote(completion.join(' '))} -- "$current"))`
}

function wordCase(point: CompletionPoint): string {
  const values = point.arguments.flatMap((completion) => (typeof completion === 'string' ? [] : completion))
  const words = [...point.commands.map((command) => command.name), ...values, ...point.options.flatMap(spellings)]
  return `    ${quote(pathOf(point))}) words=${quote(words.join(' '))} ;;`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
