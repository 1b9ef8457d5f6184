import type { JSX } from 'preact'
import { usePage } from '../data/page.ts'
import { THEMES } from '../data/theme.ts'
import type { ThemeChoice } from '../data/theme.ts'
import { Icon } from '../parts/icon.tsx'
import type { IconName } from '../parts/icon.tsx'

const LOOKS: Readonly<Record<ThemeChoice, { readonly icon: IconName; readonly text: string }>> = {
  system: { icon: 'system', text: 'As the system' },
  light: { icon: 'sun', text: 'Light' },
  dark: { icon: 'moon', text: 'Dark' },
}

/** Each press chooses the next of three. */
export function ThemeSwitch(): JSX.Element {
  const { theme } = usePage()
  const choice = theme.choice.value
  const next = THEMES[(THEMES.indexOf(choice) + 1) % THEMES.length] ?? 'system'
  const { icon, text } = LOOKS[choice]
  return (
    <button type="button" class="button button-quiet" onClick={() => theme.choose(next)}>
      <Icon name={icon} />
      <span>
        <span class="unseen">Colours: </span>
        {text}
      </span>
    </button>
  )
}
