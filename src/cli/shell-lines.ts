/** The shells whose syntax `ucr env` knows; `sh` is bash, zsh, dash and the like. */
export const SHELLS = ['sh', 'fish', 'powershell'] as const
export type Shell = (typeof SHELLS)[number]

/** A value for a variable: text, or another variable's value, so that a key need not be printed. */
export type Value = { readonly text: string } | { readonly variable: string }

/** The line that sets `name` for programs started from this shell. */
export function setLine(shell: Shell, name: string, value: Value): string {
  switch (shell) {
    case 'sh':
      return `export ${name}=${'text' in value ? quoteSh(value.text) : `"$${value.variable}"`}`
    case 'fish':
      return `set -gx ${name} ${'text' in value ? quoteFish(value.text) : `"$${value.variable}"`}`
    case 'powershell':
      return `$env:${name} = ${'text' in value ? quotePowershell(value.text) : `$env:${value.variable}`}`
    default:
      return shell satisfies never
  }
}

export function unsetLine(shell: Shell, name: string): string {
  switch (shell) {
    case 'sh':
      return `unset ${name}`
    case 'fish':
      return `set -e ${name}`
    case 'powershell':
      return `Remove-Item Env:${name} -ErrorAction SilentlyContinue`
    default:
      return shell satisfies never
  }
}

/** All three take lines that start with it. */
export function commentLine(text: string): string {
  return `# ${text}`
}

/** The shell that most likely reads the output. */
export function likelyShell(environment: NodeJS.ProcessEnv): Shell {
  const shell = environment['SHELL'] ?? ''
  if (/(?:^|\/)fish$/.test(shell)) return 'fish'
  return shell === '' && process.platform === 'win32' ? 'powershell' : 'sh'
}

/** Bare where nothing in it means anything to a shell. */
export function quoteSh(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function quoteFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}

function quotePowershell(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
