import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A program in place of Claude Code that answers each prompt with a word. */
export interface StandInClaude {
  readonly path: string
  /** What it was started with, for each prompt that it was asked. */
  readonly asked: () => readonly (readonly string[])[]
  /** Was it run at all, and be it for its version? */
  readonly wasRun: () => boolean
}

const SCRIPT = `
const { appendFileSync } = require('node:fs')
const { createInterface } = require('node:readline')
const [, program, ...args] = process.argv
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n')
const event = (event) => say({ type: 'stream_event', event })
const usage = { input_tokens: 1, output_tokens: 1 }
appendFileSync(program + '.runs', '.')
if (args[0] === '--version') {
  console.log(VERSION + ' (Claude Code)')
  process.exit()
}
createInterface({ input: process.stdin }).on('line', (text) => {
  if (JSON.parse(text).type !== 'user') return
  appendFileSync(program + '.asked', JSON.stringify(args) + '\\n')
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'sonnet', content: [], stop_reason: null, usage }
  event({ type: 'message_start', message })
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Done.' } })
  event({ type: 'content_block_stop', index: 0 })
  say({ type: 'assistant', message: { ...message, content: [{ type: 'text', text: 'Done.' }] } })
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage })
  event({ type: 'message_stop' })
  say({ type: 'result', subtype: 'success', is_error: false, total_cost_usd: 0 })
})
`

export function standInClaude(folder: string, version = '2.1.330'): StandInClaude {
  const path = join(folder, 'claude')
  const script = `#!${process.execPath}\n${SCRIPT.replace('VERSION', JSON.stringify(version))}`
  writeFileSync(path, script, { mode: 0o755 })
  const log = `${path}.asked`
  return {
    path,
    asked: () => {
      if (!existsSync(log)) return []
      const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
      return lines.map((line) => JSON.parse(line) as readonly string[])
    },
    wasRun: () => existsSync(`${path}.runs`),
  }
}
