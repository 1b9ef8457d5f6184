/**
 * A tool as Claude Code writes it, by itself or with what of it is meant: `Read`, `Bash(git log:*)`. Never several in one
 * text, which Claude Code would take as well, and never an option of a command line.
 */
export const TOOL_RULE = /^[\w*][\w.*-]*(?:\((?:[^()\\\p{Cc}]|\\[^\p{Cc}])*\))?$/u

/** `Bash` of `Bash(git log:*)`. */
export function toolOf(rule: string): string {
  return rule.replace(/\(.*$/s, '').trim()
}
