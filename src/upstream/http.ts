import { DnsCache } from './dns-cache.ts'
import type { DnsStats } from './dns-cache.ts'
import { LeanTransport } from './lean/transport.ts'
import { DEFAULT_HTTP_TRANSPORT } from './options.ts'
import type { HttpTransportOptions } from './options.ts'
import type { Transport } from './transport.ts'

export interface HttpTransport extends Transport {
  dnsStats(): DnsStats
}

/**
 * The way to vendors over HTTP and TLS, with pooled connections. Redirects are answers like any other: following one would
 * carry a key to an origin that nobody configured.
 */
export async function createHttpTransport(given: Partial<HttpTransportOptions> = {}): Promise<HttpTransport> {
  const options = { ...DEFAULT_HTTP_TRANSPORT, ...given }
  const dns = new DnsCache(options.dns, (host, milliseconds) => options.waited('lookup', host, milliseconds))
  const transport = await engineOf(options, dns)
  return {
    send: (request, handler) => transport.send(request, handler),
    close: () => transport.close(),
    stats: () => transport.stats(),
    dnsStats: () => dns.stats(),
  }
}

async function engineOf(options: HttpTransportOptions, dns: DnsCache): Promise<Transport> {
  if (options.engine === 'lean' && !options.http2 && options.pipelining === 1) return new LeanTransport(options, dns)
  // Its own 10 MB of memory are for those who ask for it.
  const { UndiciTransport } = await import('./undici/transport.ts')
  return new UndiciTransport(options, dns)
}
