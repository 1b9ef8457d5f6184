import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPinned, stopped } from '../../gateways/contestant.ts'
import type { Contestant } from '../../gateways/contestant.ts'

const FOLDER = import.meta.dirname

/** The Python proxy, one worker, as its pages advise for production. */
export function litellm(): Contestant | null {
  const program = join(FOLDER, '.venv', 'bin', 'litellm')
  if (!existsSync(program)) return null
  return {
    name: 'litellm',
    version: readFileSync(join(FOLDER, 'requirements.txt'), 'utf8').split('==')[1]?.trim() ?? 'unknown',
    setup: 'one worker, a master key, no database, log level ERROR',
    origin: 'other',
    kinds: ['same', 'cross', 'back'],
    async start(place) {
      const home = mkdtempSync(join(tmpdir(), 'ucr-bench-litellm-'))
      writeFileSync(join(home, 'config.json'), JSON.stringify(config(place.farEnd)))
      const child = await startPinned(
        {
          command: program,
          args: ['--config', join(home, 'config.json'), '--host', '127.0.0.1', '--port', String(place.port)],
          environment: {
            HOME: home,
            LITELLM_LOG: 'ERROR',
            LITELLM_MODE: 'PRODUCTION',
            LITELLM_LOCAL_MODEL_COST_MAP: 'True',
            LITELLM_TELEMETRY: 'False',
          },
        },
        place,
      )
      return {
        pid: child.pid ?? 0,
        target: (kind) => ({
          path: kind === 'back' ? '/v1/chat/completions' : '/v1/messages',
          model: kind === 'cross' ? 'gpt-5.5' : 'claude-sonnet-5',
          headers: { authorization: 'Bearer sk-bench', 'anthropic-version': '2023-06-01' },
        }),
        stop: () => stopped(child),
      }
    },
  }
}

/** JSON is YAML too. */
function config(farEnd: number): unknown {
  const model = (name: string, provider: string, path: string): unknown => ({
    model_name: name,
    litellm_params: { model: `${provider}/${name}`, api_base: `http://127.0.0.1:${farEnd}${path}`, api_key: 'far-end' },
  })
  return {
    model_list: [model('claude-sonnet-5', 'anthropic', ''), model('gpt-5.5', 'openai', '/v1')],
    general_settings: { master_key: 'sk-bench' },
    litellm_settings: { telemetry: false, drop_params: true, use_chat_completions_url_for_anthropic_messages: true },
  }
}
