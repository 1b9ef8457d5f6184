const NAME = 'ucr-admin-token'

/** Keeps the token in this tab only, until it is closed or somebody signs out. */
export class TokenKeeper {
  read(): string | null {
    return sessionStorage.getItem(NAME)
  }

  keep(token: string): void {
    sessionStorage.setItem(NAME, token)
  }

  forget(): void {
    sessionStorage.removeItem(NAME)
  }
}

/** The token of a link that signs in, `#token=...`, which is taken out of the address and the history at once. */
export function takeTokenFromAddress(): string | null {
  const found = /^#token=(.+)$/.exec(location.hash)?.[1]
  if (found === undefined) return null
  history.replaceState(null, '', location.pathname)
  try {
    return decodeURIComponent(found)
  } catch {
    return null
  }
}
