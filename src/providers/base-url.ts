import { ProviderSettingsError } from './settings-error.ts'

export interface BaseUrl {
  /** Scheme, host and port. */
  readonly origin: string
  /** With the version, without a slash at the end; empty at the root. */
  readonly path: string
}

const VERSION_SEGMENT = /^v\d/

/**
 * Reads a base URL however people write it: with or without the version path, with a slash at the end, or as the whole
 * URL of an endpoint, which some vendors' pages show. `versionPath` and `endpointPaths` are the vendor's.
 * Throws ProviderSettingsError.
 */
export function readBaseUrl(given: string, versionPath: string, endpointPaths: readonly string[]): BaseUrl {
  const url = parseUrl(given.trim())
  const path = url.pathname.replace(/\/+$/, '')
  const endpoint = endpointPaths.find((candidate) => path.endsWith(candidate))
  if (endpoint !== undefined) return { origin: url.origin, path: path.slice(0, -endpoint.length) }
  return { origin: url.origin, path: path + missingVersion(path, versionPath) }
}

/** What of `versionPath` is to be put behind `path`: all, the rest of it, or nothing where the path names a version. */
function missingVersion(path: string, versionPath: string): string {
  const present = path.split('/').slice(1)
  const version = versionPath.split('/').slice(1)
  for (let shared = Math.min(present.length, version.length); shared > 0; shared--) {
    const end = present.slice(-shared)
    if (end.every((segment, index) => segment === version[index])) return joined(version.slice(shared))
  }
  return present.some((segment) => VERSION_SEGMENT.test(segment)) ? '' : versionPath
}

function joined(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment}`).join('')
}

function parseUrl(given: string): URL {
  const example = 'Write it like "https://api.example.com/v1".'
  if (!URL.canParse(given)) throw new ProviderSettingsError('baseUrl', 'This is not a URL.', example)
  const url = new URL(given)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new ProviderSettingsError('baseUrl', `Scheme "${url.protocol.slice(0, -1)}" is not supported.`, example)
  }
  if (url.username !== '' || url.password !== '') {
    throw new ProviderSettingsError(
      'baseUrl',
      'A base URL must not hold a user name or a password.',
      'Put the key into "apiKey".',
    )
  }
  if (url.search !== '' || url.hash !== '') {
    throw new ProviderSettingsError(
      'baseUrl',
      'A base URL has no query and no fragment.',
      'Leave out everything from the "?" or "#" on.',
    )
  }
  return url
}
