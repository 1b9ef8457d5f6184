import { importsOf, type Import } from './source/imports.ts'
import { resolveImport, type SourceFile } from './source/project.ts'

/** A part of the program, and all that it may know. */
interface Layer {
  readonly name: string
  /** Folders (with a slash at the end) and files, from `src/`. The first layer that owns a file has it. */
  readonly owns: readonly string[]
  /** Folders and files, from `src/`, that it may import besides its own. */
  readonly imports: readonly string[]
  /** Where it may take only types from. */
  readonly types: readonly string[]
  /** Node's modules, without `node:`. */
  readonly builtins: 'all' | 'no-io' | 'no-network' | readonly string[]
  readonly packages: 'all' | readonly string[]
}

const NETWORK = new Set([
  'http',
  'http2',
  'https',
  'net',
  'tls',
  'dgram',
  'dns',
  'dns/promises',
  'child_process',
  'cluster',
])
const FILES_AND_SYSTEM = [
  'fs',
  'fs/promises',
  'os',
  'process',
  'readline',
  'readline/promises',
  'worker_threads',
  'timers',
]
const IO = new Set([...NETWORK, ...FILES_AND_SYSTEM])

/** What the protocol contracts are for everybody who speaks of protocols without being one. */
const CONTRACT = ['protocols/protocol.ts', 'protocols/dialect.ts', 'protocols/route-description.ts']

/** From the bottom up. Nobody imports what stands below it in this list, except where `types` says so. */
export const LAYERS: readonly Layer[] = [
  {
    name: 'lib',
    owns: ['lib/'],
    imports: [],
    types: [],
    builtins: 'no-network',
    packages: [],
  },
  {
    name: 'canonical',
    owns: ['canonical/'],
    imports: ['lib/json.ts', 'lib/error.ts'],
    types: [],
    builtins: [],
    packages: [],
  },
  {
    name: 'protocol contract',
    owns: CONTRACT,
    imports: ['canonical/', 'lib/'],
    types: [],
    builtins: [],
    packages: [],
  },
  {
    name: 'protocol list',
    owns: ['protocols/index.ts'],
    imports: ['protocols/', 'canonical/', 'lib/'],
    types: [],
    builtins: [],
    packages: [],
  },
  {
    // One layer for each folder: `protocolLayer` narrows it.
    name: 'protocol',
    owns: ['protocols/'],
    imports: [...CONTRACT, 'canonical/', 'lib/'],
    types: [],
    builtins: 'no-io',
    packages: [],
  },
  {
    name: 'models',
    owns: ['models/'],
    imports: ['canonical/', 'lib/'],
    types: [...CONTRACT],
    builtins: 'no-io',
    packages: ['ai-tokenizer'],
  },
  {
    name: 'providers',
    owns: ['providers/'],
    imports: [...CONTRACT, 'canonical/', 'models/', 'lib/'],
    types: [],
    builtins: 'no-network',
    packages: [],
  },
  {
    name: 'routing',
    owns: ['routing/'],
    imports: ['models/', 'canonical/', 'lib/'],
    types: [...CONTRACT, 'providers/'],
    builtins: 'no-network',
    packages: ['lru-cache'],
  },
  {
    name: 'admission',
    owns: ['admission/'],
    imports: ['models/', 'canonical/', 'lib/'],
    types: ['exchange/client.ts'],
    builtins: 'no-network',
    packages: ['jose', 'lru-cache', 'zod'],
  },
  {
    name: 'cache',
    owns: ['cache/'],
    imports: ['canonical/', 'lib/'],
    types: [...CONTRACT, 'providers/', 'routing/', 'exchange/client.ts'],
    builtins: ['crypto'],
    packages: ['lru-cache'],
  },
  {
    name: 'sessions',
    owns: ['sessions/'],
    imports: ['canonical/', 'lib/'],
    types: ['exchange/client.ts'],
    builtins: ['zlib', 'util', 'timers/promises'],
    packages: [],
  },
  {
    name: 'reasoning',
    owns: ['reasoning/'],
    imports: [
      'canonical/',
      'lib/',
      'sessions/message-meaning.ts',
      'sessions/read-messages.ts',
      'sessions/write-messages.ts',
    ],
    types: [],
    builtins: ['crypto'],
    packages: [],
  },
  {
    // Adapters. What they keep is defined by whoever has it kept.
    name: 'store',
    owns: ['store/'],
    imports: ['lib/'],
    types: ['sessions/session-store.ts', 'reasoning/reasoning-store.ts', 'admission/', 'alerts/'],
    // A client of a database brings its own network.
    builtins: ['crypto', 'fs', 'sqlite', 'timers/promises'],
    packages: ['ioredis', 'lru-cache'],
  },
  {
    name: 'upstream',
    owns: ['upstream/'],
    imports: ['lib/', 'providers/claude-code-options.ts'],
    types: [],
    builtins: 'all',
    packages: ['lru-cache', 'undici'],
  },
  {
    name: 'exchange',
    owns: ['exchange/'],
    imports: [
      ...CONTRACT,
      'canonical/',
      'models/',
      'providers/',
      'routing/',
      'admission/',
      'cache/',
      'sessions/',
      'reasoning/',
      'upstream/',
      'lib/',
    ],
    types: ['observe/observer.ts'],
    builtins: 'no-io',
    packages: ['lru-cache'],
  },
  {
    name: 'observe',
    owns: ['observe/'],
    imports: ['canonical/', 'lib/'],
    types: [...CONTRACT, 'exchange/client.ts'],
    builtins: 'no-network',
    packages: ['pino'],
  },
  {
    name: 'alerts',
    owns: ['alerts/'],
    imports: ['observe/', 'lib/'],
    types: [],
    builtins: ['crypto'],
    packages: ['zod'],
  },
  {
    name: 'config',
    owns: ['config/'],
    imports: [...CONTRACT, 'canonical/', 'models/', 'providers/', 'routing/', 'admission/', 'alerts/', 'lib/'],
    types: ['observe/observer.ts', 'cache/settings.ts', 'sessions/settings.ts'],
    builtins: 'no-network',
    packages: ['zod', 'jsonc-parser'],
  },
  {
    name: 'workers',
    owns: ['workers/'],
    imports: ['lib/'],
    types: [],
    builtins: 'all',
    packages: [],
  },
  {
    name: 'simulator',
    owns: ['simulator/'],
    imports: ['lib/'],
    types: [],
    builtins: 'all',
    packages: [],
  },
  {
    name: 'server',
    owns: ['server/'],
    imports: [...CONTRACT, 'exchange/', 'sessions/', 'admission/', 'observe/', 'alerts/', 'canonical/', 'lib/'],
    types: ['config/', 'routing/', 'providers/', 'cache/', 'upstream/'],
    builtins: 'all',
    packages: ['zod'],
  },
  {
    name: 'composition',
    owns: ['gateway.ts', 'index.ts', 'composition/', 'cli/'],
    imports: [''],
    types: [],
    builtins: 'all',
    packages: 'all',
  },
]

/** The imports of a file that its layer does not allow, as sentences. */
export function layerViolations({ path, text }: SourceFile): readonly string[] {
  const layer = layerOf(path)
  if (layer === null) return [`${path} is in no layer: add its folder to LAYERS, and to the table in ARCHITECTURE.md`]
  return importsOf(text)
    .filter((found) => !isAllowed(layer, path, found))
    .map((found) => `${path} (${layer.name}) may not import ${found.specifier}`)
}

function layerOf(path: string): Layer | null {
  const inside = withoutSource(path)
  const isOwner = ({ name, owns }: Layer): boolean =>
    inside.includes('/') ? owns.some((place) => inside.startsWith(place)) : name === 'composition'
  const layer = LAYERS.find(isOwner)
  return layer === undefined ? null : protocolLayer(layer, inside)
}

/** A protocol owns its own folder, and none of its siblings'. */
function protocolLayer(layer: Layer, inside: string): Layer {
  const folder = /^protocols\/[^/]+\//.exec(inside)
  return layer.name === 'protocol' && folder !== null ? { ...layer, owns: [folder[0]] } : layer
}

function isAllowed(layer: Layer, path: string, { specifier, kind }: Import): boolean {
  const target = resolveImport(path, specifier)
  if (target === null) return isAllowedModule(layer, specifier)
  if (!target.startsWith('src/')) return layer.name === 'composition' && target === 'package.json'
  const places = [...layer.owns, ...layer.imports, ...(kind === 'type' ? layer.types : [])]
  return places.some((place) => withoutSource(target).startsWith(place))
}

function isAllowedModule({ builtins, packages }: Layer, specifier: string): boolean {
  if (!specifier.startsWith('node:')) {
    return packages === 'all' || packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))
  }
  const builtin = specifier.slice('node:'.length)
  if (builtins === 'all') return true
  if (builtins === 'no-network') return !NETWORK.has(builtin)
  if (builtins === 'no-io') return !IO.has(builtin)
  return builtins.includes(builtin)
}

function withoutSource(path: string): string {
  return path.slice('src/'.length)
}
