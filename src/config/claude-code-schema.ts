import * as z from 'zod/mini'
import type { ClaudeCodeOptions } from '../providers/claude-code-options.ts'
import { DEFAULT_CLAUDE_CODE_OPTIONS, PERMISSION_MODES } from '../providers/claude-code-options.ts'
import { TOOL_RULE } from '../lib/tool-rule.ts'
import type { Path } from './document.ts'
import type { Resolution } from './resolution.ts'
import { choice, duration, list, text, whole } from './scalars.ts'

const MOST = 1000

/** Keys of a provider of type `claude-code`, beside those that all have. */
export const claudeCodeKeys = {
  command: z.exactOptional(
    text({
      expected: 'the path of a program',
      description: 'Claude Code: the program. Looked for when left out. It is started as it is, never by a shell.',
      examples: ['/usr/local/bin/claude'],
    }),
  ),
  workingFolder: z.exactOptional(
    text({
      expected: 'the path of a folder',
      description: 'Claude Code: where it works. An empty folder for each process when left out.',
    }),
  ),
  configFolder: z.exactOptional(
    text({
      expected: 'the path of a folder',
      description: "Claude Code: its `CLAUDE_CONFIG_DIR`, for a login of its own. The user's when left out.",
    }),
  ),
  allowedTools: z.exactOptional(
    list(text({ expected: 'a tool or a rule for one', pattern: TOOL_RULE, description: 'A tool.' }), {
      expected: 'a list of tools',
      description:
        'Claude Code: which of its own tools it may use, on this machine and without asking. None when left out. Of them a key may use those that its `claudeTools` name.',
      examples: [['Read', 'Bash(git log:*)']],
    }),
  ),
  permissionMode: z.exactOptional(
    choice(PERMISSION_MODES, {
      description: 'Claude Code: what else its own tools may do. `dontAsk` denies what `allowedTools` does not name.',
    }),
  ),
  maxTurns: z.exactOptional(
    whole({
      expected: 'a whole number from 1 to 1000',
      minimum: 1,
      maximum: MOST,
      description:
        'Claude Code: answers of the model for one request, which its own tools make necessary. No limit when left out.',
    }),
  ),
  processes: z.exactOptional(
    whole({
      expected: 'a whole number from 1 to 1000',
      minimum: 1,
      maximum: MOST,
      description: 'Claude Code: processes at a time, those that wait for a client included. 4 when left out.',
    }),
  ),
  queue: z.exactOptional(
    whole({
      expected: 'a whole number from 0 to 100000',
      minimum: 0,
      maximum: 100_000,
      description: 'Claude Code: requests that may wait for a process; more are refused with 429. 32 when left out.',
    }),
  ),
  idleTimeout: z.exactOptional(
    duration({
      description: 'Claude Code: after how long a process ends whose client does not come back. 5m when left out.',
    }),
  ),
} satisfies Record<keyof ClaudeCodeOptions, unknown>

type Given = { readonly [K in keyof ClaudeCodeOptions]?: ClaudeCodeOptions[K] | undefined }

/** With defaults; nothing for providers of other types, where such a key is a mistake. */
export function resolveClaudeCode(
  given: Given,
  type: string,
  path: Path,
  resolution: Resolution,
): { readonly claudeCode?: ClaudeCodeOptions } {
  const named = Object.keys(claudeCodeKeys).filter((key) => Object.hasOwn(given, key))
  if (type !== 'claude-code') {
    for (const key of named) {
      resolution.error([...path, key], 'is only for providers of type "claude-code"', 'take it out')
    }
    return {}
  }
  const defaults = DEFAULT_CLAUDE_CODE_OPTIONS
  return {
    claudeCode: {
      command: given.command ?? defaults.command,
      workingFolder: given.workingFolder ?? defaults.workingFolder,
      configFolder: given.configFolder ?? defaults.configFolder,
      allowedTools: given.allowedTools ?? defaults.allowedTools,
      permissionMode: given.permissionMode ?? defaults.permissionMode,
      maxTurns: given.maxTurns ?? defaults.maxTurns,
      processes: given.processes ?? defaults.processes,
      queue: given.queue ?? defaults.queue,
      idleTimeout: given.idleTimeout ?? defaults.idleTimeout,
    },
  }
}
