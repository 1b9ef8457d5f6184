import type { JSX } from 'preact'
import { plainText } from '../text/plain-text.ts'

/** Somebody else's text, apart from the text around it. */
export function Name({ children }: { readonly children: string | null }): JSX.Element {
  if (children === null) return <span class="nothing">–</span>
  const text = plainText(children)
  return (
    <bdi class="name" title={text}>
      {text}
    </bdi>
  )
}
