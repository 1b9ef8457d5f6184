import { parseArgs } from 'node:util'

/** The gateway that is measured. */
export interface Target {
  readonly url: string
  readonly model: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Words {
  readonly target: Target
  /** Of an option that is a number. */
  number(name: string, otherwise: number): number
  text(name: string, otherwise: string): string
}

/** Reads `--url`, `--model` and the `options` of a script, then the environment. The key is only in the environment. */
export function readWords(options: readonly string[]): Words {
  const names = ['url', 'model', ...options]
  const { values } = parseArgs({
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  })
  const { WRAPPER_URL = 'http://localhost:8000', WRAPPER_MODEL = 'sonnet', WRAPPER_API_KEY: key } = process.env
  const text = (name: string, otherwise: string): string => values[name] ?? otherwise
  return {
    target: {
      url: text('url', WRAPPER_URL).replace(/\/$/, ''),
      model: text('model', WRAPPER_MODEL),
      headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    },
    text,
    number: (name, otherwise) => {
      const value = Number(values[name] ?? otherwise)
      if (Number.isFinite(value) && value > 0) return value
      throw new TypeError(`--${name} is a number above 0`)
    },
  }
}

/** The text of an answer with status 200. Throws otherwise. */
export async function fetchText({ url, headers }: Target, path: string, body?: object): Promise<string> {
  const answer = await fetch(`${url}${path}`, {
    headers,
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${path} answered with ${answer.status}: ${text.slice(0, 300)}`)
  return text
}
