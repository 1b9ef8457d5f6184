/**
 * undici's dispatchers by their own files. The package's front door also loads fetch, WebSocket, caches and mocks, which
 * the gateway never uses: 14 MB of memory and most of undici's start-up time.
 */
declare module 'undici/lib/dispatcher/client.js' {
  import type { Client } from 'undici'

  const constructor: typeof Client
  export = constructor
}

declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici'

  const constructor: typeof Pool
  export = constructor
}
