import type { ComponentChildren, JSX } from 'preact'

interface TileProps {
  readonly label: string
  readonly value: string
  readonly children?: ComponentChildren
}

/** One figure, and below it what makes it understood. */
export function Tile({ label, value, children }: TileProps): JSX.Element {
  return (
    <div class="tile">
      <dt>{label}</dt>
      <dd class="tile-value">{value}</dd>
      <dd class="tile-note">{children}</dd>
    </div>
  )
}

export function Tiles({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <dl class="tiles">{children}</dl>
}
