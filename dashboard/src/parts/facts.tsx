import type { ComponentChildren, JSX } from 'preact'

export type Fact = readonly [name: string, value: ComponentChildren]

/** What is known of one thing, line by line. */
export function Facts({ title, facts }: { readonly title: string; readonly facts: readonly Fact[] }): JSX.Element {
  return (
    <>
      <h3>{title}</h3>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}
