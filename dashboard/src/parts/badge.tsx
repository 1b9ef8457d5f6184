import type { ComponentChildren, JSX } from 'preact'
import { Icon } from './icon.tsx'

export type Tone = 'ok' | 'warning' | 'bad' | 'idle'

/** A state in words, with a colour and a sign that mean the same. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }): JSX.Element {
  return (
    <span class={`badge badge-${tone}`}>
      <Icon name={tone} />
      {children}
    </span>
  )
}
