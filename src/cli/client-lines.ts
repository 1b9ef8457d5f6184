import { quoteSh } from './shell-lines.ts'

/** Programs that insist on some key get this one from a gateway that asks for none. It is not a secret. */
export const OPEN_KEY = 'ucr-local'

/** What to paste for a program to use the gateway. */
export interface ClientLines {
  readonly claudeCode: string
  readonly openaiSdk: string
  readonly curl: string
}

export interface ClientLineOptions {
  /** `http://127.0.0.1:3000`. */
  readonly url: string
  /** Clients need a key, which is not known here: it is only kept as a hash, or must not be shown. */
  readonly keyNeeded: boolean
  /** What the first request asks for. */
  readonly model: string
  /** No vendor is there for the models that Claude Code asks for by itself. */
  readonly onlySimulator: boolean
}

export function clientLines(options: ClientLineOptions): ClientLines {
  return process.platform === 'win32' ? powershellLines(options) : shLines(options)
}

function shLines({ url, keyNeeded, model, onlySimulator }: ClientLineOptions): ClientLines {
  const key = keyNeeded ? "'your key'" : OPEN_KEY
  const authorization = keyNeeded ? ` -H 'authorization: Bearer your key'` : ''
  const wanted = onlySimulator ? ` --model ${quoteSh(model)}` : ''
  return {
    claudeCode: `ANTHROPIC_BASE_URL=${url} ANTHROPIC_AUTH_TOKEN=${key} claude${wanted}`,
    openaiSdk: `OPENAI_BASE_URL=${url}/v1 OPENAI_API_KEY=${key}`,
    curl: `curl ${url}/v1/chat/completions${authorization} -H 'content-type: application/json' -d ${quoteSh(firstRequest(model))}`,
  }
}

function powershellLines({ url, keyNeeded, model, onlySimulator }: ClientLineOptions): ClientLines {
  const key = keyNeeded ? 'your key' : OPEN_KEY
  const headers = keyNeeded ? ` -Headers @{ authorization = 'Bearer your key' }` : ''
  const wanted = onlySimulator ? ` --model '${model}'` : ''
  return {
    claudeCode: `$env:ANTHROPIC_BASE_URL = '${url}'; $env:ANTHROPIC_AUTH_TOKEN = '${key}'; claude${wanted}`,
    openaiSdk: `$env:OPENAI_BASE_URL = '${url}/v1'; $env:OPENAI_API_KEY = '${key}'`,
    curl: `Invoke-RestMethod ${url}/v1/chat/completions -Method Post -ContentType 'application/json'${headers} -Body '${firstRequest(model)}'`,
  }
}

function firstRequest(model: string): string {
  return JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] })
}
