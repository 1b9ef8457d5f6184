import { listVendorModels, type ModelList } from '../exchange/vendor-models.ts'
import { PROTOCOLS } from '../protocols/index.ts'
import { configureProvider } from '../providers/configure.ts'
import type { Provider } from '../providers/provider.ts'
import type { ProviderSettings } from '../providers/settings.ts'
import { ProviderSettingsError } from '../providers/settings-error.ts'
import { createHttpTransport } from '../upstream/http.ts'
import { Failure } from './failure.ts'
import { ask } from './http.ts'

export interface VendorAnswer {
  readonly list: ModelList
  readonly milliseconds: number
}

const TOKEN_TIMEOUT = 20_000

/**
 * Asks a vendor for its models, by the code and the connection that requests take: it shows whether the address is right,
 * the vendor up and the key alive, and costs nothing.
 */
export async function askVendor(settings: ProviderSettings): Promise<VendorAnswer> {
  const transport = await createHttpTransport()
  const start = performance.now()
  try {
    const list = await listVendorModels(providerOf(settings), PROTOCOLS, transport)
    return { list, milliseconds: performance.now() - start }
  } finally {
    await transport.close()
  }
}

function providerOf(settings: ProviderSettings): Provider {
  try {
    return configureProvider(settings, {
      copilot: {
        wallClock: () => Date.now(),
        fetchText: async (url, headers) => {
          const { status, text } = await ask({ url, headers, timeout: TOKEN_TIMEOUT })
          return { status, body: text }
        },
      },
    })
  } catch (error) {
    if (!(error instanceof ProviderSettingsError)) throw error
    throw new Failure(`Provider "${settings.id}": ${error.message}`, { fix: error.fix, cause: error })
  }
}
