import { signal } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { SignIn } from './sign-in.ts'
import { Theme } from './theme.ts'
import { TokenKeeper } from './token-keeper.ts'

/** What all parts of the page share. */
export class Page {
  readonly signIn = new SignIn(new TokenKeeper())
  readonly theme = new Theme()
  readonly #now = signal(Date.now())
  readonly #place = signal(placeOf(location.hash))

  constructor() {
    setInterval(() => (this.#now.value = Date.now()), 1000)
    addEventListener('hashchange', () => (this.#place.value = placeOf(location.hash)))
  }

  /** Unix milliseconds, anew each second. */
  get now(): ReadonlySignal<number> {
    return this.#now
  }

  /** The section that the address names, which may be none of ours. */
  get place(): ReadonlySignal<string> {
    return this.#place
  }
}

function placeOf(hash: string): string {
  return hash.replace(/^#\/?/, '')
}

export const PageContext = createContext<Page | null>(null)

export function usePage(): Page {
  const page = useContext(PageContext)
  if (page === null) throw new Error('There is no page around this part of it.')
  return page
}
