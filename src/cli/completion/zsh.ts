import { spellings, type CompletionOption, type CompletionPoint } from './words.ts'

/** A script for `source <(ucr completion zsh)`, or for a file `_ucr` in a folder of `$fpath`. */
export function zshCompletion(program: string, points: readonly CompletionPoint[]): string {
  return `#compdef ${program}
# zsh completion for ${program}
${points.map((point) => functionFor(program, point)).join('\n')}
if [[ "\${funcstack[1]}" = "_${program}" ]]; then
  _${program} "$@"
else
  compdef _${program} ${program}
fi
`
}

function functionFor(program: string, point: CompletionPoint): string {
  if (point.passThrough) return `${functionName(program, point.path)}() {\n  _normal\n}\n`
  return point.commands.length > 0 ? groupFunction(program, point) : commandFunction(program, point)
}

function groupFunction(program: string, point: CompletionPoint): string {
  const names = point.commands.map((command) => `    ${quote(`${command.name}:${escapeColons(command.summary)}`)}`)
  const cases = point.commands.map(
    (command) => `        ${command.name}) ${functionName(program, [...point.path, command.name])} ;;`,
  )
  return `${functionName(program, point.path)}() {
  local curcontext="$curcontext" state line
  local -a names=(
${names.join('\n')}
  )
  _arguments -C \\
${point.options.map((option) => `    ${optionSpec(option)} \\`).join('\n')}
    '1: :->name' \\
    '*:: :->rest'
  case $state in
    name) _describe command names ;;
    rest)
      case $words[1] in
${cases.join('\n')}
      esac
      ;;
  esac
}
`
}

function commandFunction(program: string, point: CompletionPoint): string {
  const specs = [
    ...point.options.map(optionSpec),
    ...point.arguments.map((completion, index) => quote(`${index + 1}::value:${action(completion)}`)),
  ]
  return `${functionName(program, point.path)}() {\n  _arguments -s \\\n    ${specs.join(' \\\n    ')}\n}\n`
}

function optionSpec(option: CompletionOption): string {
  const explanation = `[${option.description.replaceAll(/[[\]:\\]/g, String.raw`\$&`)}]`
  const value = option.takesValue ? `:value:${action(option.completion)}` : ''
  const forms = spellings(option)
  if (forms.length === 1) return quote(`${option.long}${explanation}${value}`)
  return `${quote(`(${forms.join(' ')})`)}{${forms.join(',')}}${quote(`${explanation}${value}`)}`
}

function action(completion: CompletionOption['completion']): string {
  if (completion === 'file') return '_files'
  return completion === 'none' ? ' ' : `(${completion.join(' ')})`
}

function functionName(program: string, path: readonly string[]): string {
  return ['', program, ...path].join('_').replaceAll('-', '_')
}

function escapeColons(text: string): string {
  return text.replaceAll(':', String.raw`\:`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
