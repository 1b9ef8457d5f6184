import { maskKey } from '../admission/keys.ts'
import type { Config } from './config.ts'

/** The config in use, for displays: no key, no hash, no header value; a map of models as an object. */
export function redactConfig(config: Config) {
  return {
    ...config,
    keys: config.keys.map(({ name, models }) => ({ name, hash: 'sha256:…', models })),
    providers: config.providers.map((provider) => ({
      ...provider,
      baseUrl: provider.baseUrl === null ? null : withoutLogin(provider.baseUrl),
      apiKey: provider.apiKey === null ? null : maskKey(provider.apiKey),
      headers: Object.fromEntries(Object.keys(provider.headers).map((name) => [name, '…'])),
    })),
    sessions: { ...config.sessions, redis: { url: withoutLogin(config.sessions.redis.url) } },
    routing: {
      ...config.routing,
      models: config.routing.models === null ? null : Object.fromEntries(config.routing.models),
    },
  }
}

/** A disabled provider's URL is not checked, and so may hold a password; that of a database is meant to. */
function withoutLogin(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1…@').replace(/[?#].*$/s, '?…')
}
