import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Icon } from './icon.tsx'

/** Milliseconds for which the button says that it did it. */
const SAID_FOR = 2000

export function CopyButton({ text, what }: { readonly text: string; readonly what: string }): JSX.Element {
  const [said, setSaid] = useState<'Copied' | 'Not copied' | null>(null)
  useEffect(() => {
    if (said === null) return undefined
    const timer = setTimeout(() => setSaid(null), SAID_FOR)
    return () => clearTimeout(timer)
  }, [said])
  const copy = async (): Promise<void> => setSaid((await copied(text)) ? 'Copied' : 'Not copied')
  return (
    <button type="button" class="button button-small" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      <Icon name={said === 'Copied' ? 'ok' : 'copy'} />
      <span role="status">{said ?? 'Copy'}</span>
    </button>
  )
}

/** A page that did not come over TLS, or from this machine, is not let at the clipboard by every browser. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
