import { signal } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'

export const THEMES = ['system', 'light', 'dark'] as const
export type ThemeChoice = (typeof THEMES)[number]

const NAME = 'ucr-theme'

/** Light or dark: what the system says, unless the visitor chose one of them, which the browser remembers. */
export class Theme {
  readonly #choice = signal<ThemeChoice>(remembered())
  readonly #systemIsDark = matchMedia('(prefers-color-scheme: dark)')
  readonly #dark = signal(false)

  constructor() {
    this.#systemIsDark.addEventListener('change', () => this.#apply())
    this.#apply()
  }

  get choice(): ReadonlySignal<ThemeChoice> {
    return this.#choice
  }

  /** What is shown now. */
  get dark(): ReadonlySignal<boolean> {
    return this.#dark
  }

  choose(choice: ThemeChoice): void {
    this.#choice.value = choice
    localStorage.setItem(NAME, choice)
    this.#apply()
  }

  #apply(): void {
    const choice = this.#choice.value
    if (choice === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = choice
    this.#dark.value = choice === 'dark' || (choice === 'system' && this.#systemIsDark.matches)
  }
}

function remembered(): ThemeChoice {
  const found = localStorage.getItem(NAME)
  return THEMES.find((theme) => theme === found) ?? 'system'
}
