import type { CompressionSettings } from './compression.ts'

/** What the config says about the listening side. Sizes in bytes, times in milliseconds. */
export interface ServerSettings {
  /** What reads requests and writes answers. Read by `listen()`. */
  readonly engine: 'lean' | 'node'
  /** Null: none. On or off, and who is asked for a certificate, is read by `listen()`, the rest for each connection. */
  readonly tls: TlsSettings | null
  /** Offered under TLS. Read by `listen()`. */
  readonly http2: boolean
  /** Read by `listen()`. */
  readonly host: string
  /** Read by `listen()`; 0 takes any free one. */
  readonly ports: readonly number[]
  /** Of a request body as sent, and again of what it decompresses to. */
  readonly bodyLimit: number
  /** Of a request's head. Read by `listen()`. */
  readonly headerLimit: number
  /** Header fields of a request. */
  readonly headerCount: number
  /** From the connection, or the first byte of a later request, to the end of the head. */
  readonly headerTimeout: number
  readonly bodyTimeout: number
  /** A body must bring that many bytes in each such time, or the client is told that it is too slow. */
  readonly bodyPace: { readonly bytes: number; readonly within: number }
  /** How long a connection without requests is kept. Longer than the 60 s for which common load balancers keep theirs. */
  readonly keepAliveTimeout: number
  /** How long a client may read nothing of its answer. */
  readonly writeTimeout: number
  /**
   * On shutdown: how long new requests are still taken after `/health/ready` has said no, so that load balancers can
   * notice.
   */
  readonly drainGrace: number
  readonly compression: CompressionSettings
}

export interface TlsSettings {
  /** PEM, this server's own certificate first. */
  readonly cert: string
  /** PEM. */
  readonly key: string
  readonly passphrase: string | null
  /** Whose certificates clients may show, PEM; null: those that Node trusts. */
  readonly ca: string | null
  readonly clientCertificates: 'none' | 'request' | 'require'
  readonly minVersion: '1.2' | '1.3'
}

export const DEFAULT_SERVER_SETTINGS: ServerSettings = {
  engine: 'lean',
  tls: null,
  http2: true,
  host: '127.0.0.1',
  ports: [3000],
  bodyLimit: 32 * 1024 * 1024,
  headerLimit: 32 * 1024,
  headerCount: 200,
  headerTimeout: 10_000,
  bodyTimeout: 300_000,
  bodyPace: { bytes: 10_000, within: 20_000 },
  keepAliveTimeout: 72_000,
  writeTimeout: 60_000,
  drainGrace: 0,
  compression: { clients: 'remote', threshold: 1024 },
}
