import { describe, expect, it } from 'vitest'
import { layerViolations } from './layers.ts'
import { programFiles } from './source/project.ts'

describe('layers', () => {
  it('every file imports only what its layer may know', () => {
    expect(programFiles().flatMap(layerViolations)).toEqual([])
  })
})

describe('layerViolations()', () => {
  const violations = (path: string, text: string): readonly string[] => layerViolations({ path, text })

  it.each([
    ['lib knows no domain', 'src/lib/json.ts', "import { a } from '../canonical/event.ts'"],
    ['lib does no network', 'src/lib/json.ts', "import { request } from 'node:http'"],
    ['lib has no packages', 'src/lib/json.ts', "import { LRUCache } from 'lru-cache'"],
    ['canonical takes only JSON and errors from lib', 'src/canonical/a.ts', "import type { S } from '../lib/sse.ts'"],
    ['canonical has no builtins', 'src/canonical/a.ts', "import { hash } from 'node:crypto'"],
    ['a protocol knows no sibling', 'src/protocols/a/request.ts', "import type { B } from '../b/wire.ts'"],
    ['a protocol reaches no sibling lazily', 'src/protocols/a/request.ts', "await import('../b/wire.ts')"],
    ['a protocol reads no files', 'src/protocols/a/request.ts', "import { readFileSync } from 'node:fs'"],
    [
      'a protocol knows no provider',
      'src/protocols/a/request.ts',
      "import type { P } from '../../providers/provider.ts'",
    ],
    ['the contract knows no protocol', 'src/protocols/protocol.ts', "import { a } from './a/index.ts'"],
    ['a provider knows no protocol from inside', 'src/providers/a.ts', "import { b } from '../protocols/b/wire.ts'"],
    ['routing takes only types from providers', 'src/routing/a.ts', "import { b } from '../providers/b.ts'"],
    ['routing knows no exchange', 'src/routing/a.ts', "import type { E } from '../exchange/exchange.ts'"],
    ['upstream knows no domain', 'src/upstream/http.ts', "import type { U } from '../canonical/usage.ts'"],
    ['exchange knows no HTTP server', 'src/exchange/relay.ts', "import type { ServerResponse } from 'node:http'"],
    ['exchange knows no server', 'src/exchange/relay.ts', "import type { S } from '../server/listen.ts'"],
    ['exchange knows no protocol from inside', 'src/exchange/a.ts', "import { b } from '../protocols/b/stream.ts'"],
    ['the simulator shares no codec with the gateway', 'src/simulator/a.ts', "import { b } from '../canonical/b.ts'"],
    ['the server knows no protocol from inside', 'src/server/a.ts', "import { b } from '../protocols/b/routes.ts'"],
    [
      'only the composition root knows the manifest',
      'src/lib/a.ts',
      "import p from '../../package.json' with { x: '' }",
    ],
    ['nobody imports tests', 'src/cli/main.ts', "import { a } from '../../test/support/a.ts'"],
    ['a new folder needs a layer', 'src/plugins/a.ts', ''],
  ])('%s', (_, path, text) => {
    expect(violations(path, text)).toHaveLength(1)
  })

  it.each([
    ['src/canonical/event.ts', "import type { GatewayError } from '../lib/error.ts'"],
    ['src/protocols/a/request.ts', "import { b } from './wire.ts'\nimport type { P } from '../protocol.ts'"],
    ['src/protocols/index.ts', "import { a } from './a/index.ts'"],
    ['src/routing/router.ts', "import type { Provider } from '../providers/provider.ts'"],
    ['src/upstream/http.ts', "import Pool from 'undici/lib/dispatcher/pool.js'\nimport { connect } from 'node:net'"],
    ['src/gateway.ts', "import { a } from './protocols/a/index.ts'\nimport { createServer } from 'node:http'"],
    ['src/snapshot.ts', "import { b } from './upstream/http.ts'"],
    ['src/cli/version.ts', "import manifest from '../../package.json' with { type: 'json' }"],
  ])('allows what %s needs', (path, text) => {
    expect(violations(path, text)).toEqual([])
  })
})
