import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson, type JsonValue } from '../../lib/json.ts'
import { findClaude, INSTALL_CLAUDE } from '../../upstream/claude-code/find-program.ts'
import type { Surroundings } from '../command.ts'
import type { Finding } from './finding.ts'

/** Whether `ucr code` can work. */
export async function checkClaude(surroundings: Surroundings): Promise<readonly Finding[]> {
  const claude = await findClaude(surroundings)
  if (claude === null) {
    const message = 'there is no "claude" command, so "ucr code" cannot work'
    return [{ check: 'claude', status: 'warning', message, fix: INSTALL_CLAUDE }]
  }
  const override = await overrideIn(settingsFile(surroundings))
  if (override === null) return [{ check: 'claude', status: 'ok', message: claude, fix: null }]
  const message = `its settings send requests to ${override}, whatever "ucr code" says`
  return [
    {
      check: 'claude',
      status: 'warning',
      message,
      fix: `take ANTHROPIC_BASE_URL out of ${settingsFile(surroundings)}`,
    },
  ]
}

function settingsFile({ environment, home }: Surroundings): string {
  return join(environment['CLAUDE_CONFIG_DIR'] || join(home, '.claude'), 'settings.json')
}

/** What Claude Code's settings put in place of the variable of the same name. */
async function overrideIn(file: string): Promise<string | null> {
  try {
    const url = member(member(parseJson(await readFile(file, 'utf8')), 'env'), 'ANTHROPIC_BASE_URL')
    return typeof url === 'string' ? (URL.parse(url)?.origin ?? 'another address') : null
  } catch {
    return null
  }
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value[name] : undefined
}
