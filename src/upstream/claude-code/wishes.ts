import type { Headers } from '../../lib/headers.ts'
import { fitsAny } from '../../lib/patterns.ts'
import { toolOf } from '../../lib/tool-rule.ts'
import type { PermissionMode } from '../../providers/claude-code-options.ts'
import { PERMISSION_MODES } from '../../providers/claude-code-options.ts'
import type { ClaudeCodeOptions } from '../../providers/claude-code-options.ts'
import type { Refusal } from './errors.ts'
import { refusal } from './errors.ts'

/** What a client asks for in `x-claude-*` fields. It narrows what the config grants, and never widens it. */
export interface Wishes {
  readonly maxTurns: number | null
  readonly allowedTools: readonly string[] | null
  readonly disallowedTools: readonly string[]
  readonly permissionMode: PermissionMode | null
  readonly maxThinkingTokens: number | null
}

export function readWishes(headers: Headers): Wishes | Refusal {
  const maxTurns = wholeIn(headers, 'x-claude-max-turns', 1, 100)
  if (typeof maxTurns === 'object' && maxTurns !== null) return maxTurns
  const maxThinkingTokens = wholeIn(headers, 'x-claude-max-thinking-tokens', 0, 50_000)
  if (typeof maxThinkingTokens === 'object' && maxThinkingTokens !== null) return maxThinkingTokens
  const permissionMode = modeIn(headers['x-claude-permission-mode'])
  if (typeof permissionMode === 'object' && permissionMode !== null) return permissionMode
  const allowedTools = listIn(headers['x-claude-allowed-tools'])
  const disallowedTools = listIn(headers['x-claude-disallowed-tools']) ?? []
  const both = allowedTools?.find((tool) => disallowedTools.includes(tool))
  if (both !== undefined) return refusal(400, `x-claude-allowed-tools and -disallowed-tools both name "${both}".`)
  return { maxTurns, allowedTools, disallowedTools, permissionMode, maxThinkingTokens }
}

function wholeIn(headers: Headers, name: string, least: number, most: number): number | null | Refusal {
  const given = headers[name]
  if (given === undefined) return null
  const number = /^\d{1,6}$/.test(given.trim()) ? Number(given) : NaN
  return number >= least && number <= most
    ? number
    : refusal(400, `${name} is a whole number from ${least} to ${most}.`)
}

function modeIn(given: string | undefined): PermissionMode | null | Refusal {
  if (given === undefined) return null
  // Nobody is there to be asked.
  const name = given === 'default' || given === 'manual' ? 'dontAsk' : given
  const mode = PERMISSION_MODES.find((known) => known === name)
  return mode ?? refusal(400, `x-claude-permission-mode is one of default, ${PERMISSION_MODES.join(', ')}.`)
}

function listIn(given: string | undefined): readonly string[] | null {
  if (given === undefined) return null
  const names = given.split(',').map((name) => name.trim())
  return names.filter((name) => name !== '')
}

/** What the program may do for this request. */
export interface Grant {
  readonly tools: readonly string[]
  readonly permissionMode: PermissionMode
  readonly maxTurns: number | null
}

/**
 * What the config grants, narrowed to what the caller may use, then to what the client asks for. `claudeTools`: patterns;
 * null: nobody has narrowed it. A laxer mode lets tools do more than patterns say, so it takes a caller who may use all.
 */
export function grantOf(options: ClaudeCodeOptions, claudeTools: readonly string[] | null, wishes: Wishes): Grant {
  const wanted = (rule: string): boolean =>
    (wishes.allowedTools === null || named(wishes.allowedTools, rule)) && !named(wishes.disallowedTools, rule)
  const turns = [options.maxTurns, wishes.maxTurns].filter((limit) => limit !== null)
  const mayUseAll = claudeTools === null || claudeTools.includes('*')
  const mode = mayUseAll ? options.permissionMode : stricter(options.permissionMode, 'dontAsk')
  return {
    tools: (mayUseAll ? options.allowedTools : within(claudeTools, options.allowedTools)).filter(wanted),
    permissionMode: stricter(mode, wishes.permissionMode ?? mode),
    maxTurns: turns.length === 0 ? null : Math.min(...turns),
  }
}

/** The rules that patterns fit, by themselves or by their tools; of a whole tool also what a pattern says of it. */
function within(patterns: readonly string[], rules: readonly string[]): readonly string[] {
  return rules.flatMap((rule) => {
    const tool = toolOf(rule)
    if (fitsAny(patterns, rule) || fitsAny(patterns, tool)) return [rule]
    return rule === tool ? patterns.filter((pattern) => toolOf(pattern) === tool) : []
  })
}

/** A rule such as `Bash(git log:*)` is named by itself or by its tool. */
function named(names: readonly string[], rule: string): boolean {
  return names.includes(rule) || names.includes(toolOf(rule))
}

function stricter(one: PermissionMode, other: PermissionMode): PermissionMode {
  return PERMISSION_MODES.indexOf(one) <= PERMISSION_MODES.indexOf(other) ? one : other
}
