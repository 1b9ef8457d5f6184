import { hashKey, maskKey } from '../../src/admission/keys.ts'
import { configuredKey } from '../../src/admission/virtual-key.ts'
import type { KeyRules, VirtualKey } from '../../src/admission/virtual-key.ts'

/** A key of the config that may do everything, except as `rules` say. */
export function keyNamed(name: string, key: string, rules: Partial<KeyRules> = {}): VirtualKey {
  const everything: KeyRules = {
    name,
    owner: null,
    models: null,
    routes: null,
    rateLimit: null,
    claudeTools: [],
    expiresAt: null,
    disabled: false,
    metadata: {},
  }
  return configuredKey({ ...everything, ...rules }, hashKey(key), maskKey(key))
}
