import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { Icon } from './icon.tsx'

interface SidePanelProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

/** Lies over the page until it is closed: by its button, by Escape, or by a click beside it. */
export function SidePanel({ title, onClose, children }: SidePanelProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      class="side-panel"
      aria-labelledby={id}
      onClose={onClose}
      onClick={({ target }) => {
        if (target === dialog.current) dialog.current?.close()
      }}
    >
      <div class="side-panel-body">
        <header class="panel-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="button button-small" onClick={() => dialog.current?.close()}>
            <Icon name="close" />
            Close
          </button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
