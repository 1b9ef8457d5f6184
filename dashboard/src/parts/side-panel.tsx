import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { Icon } from './icon.tsx'

interface SidePanelProps {
  readonly title: string
  readonly onClose: () => void
  /** What it shows is gone when it is closed: neither Escape nor a click beside it does that, and its content has a button. */
  readonly isKept?: boolean
  readonly children: ComponentChildren
}

/** Lies over the page until it is closed: by its button, by Escape, or by a click beside it. */
export function SidePanel({ title, onClose, isKept = false, children }: SidePanelProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const first = useRef(title)
  const id = useId()
  useEffect(() => dialog.current?.showModal(), [])
  // Whoever goes on to another step hears its name.
  useEffect(() => {
    if (title !== first.current) heading.current?.focus()
    first.current = title
  }, [title])
  return (
    <dialog
      ref={dialog}
      class="side-panel"
      aria-labelledby={id}
      onClose={onClose}
      onCancel={(event) => {
        if (isKept) event.preventDefault()
      }}
      onClick={({ target }) => {
        if (target === dialog.current && !isKept) dialog.current?.close()
      }}
    >
      <div class="side-panel-body">
        <header class="panel-head">
          <h2 id={id} ref={heading} tabIndex={-1}>
            {title}
          </h2>
          {!isKept && (
            <button type="button" class="button button-small" onClick={() => dialog.current?.close()}>
              <Icon name="close" />
              Close
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  )
}

/** Closes the panel that something is in. */
export function closePanelOf(part: Element): void {
  part.closest('dialog')?.close()
}

/** The same where what the panel was opened by goes as well: whoever had their focus there has it at the head of the page. */
export function leavePanelOf(part: Element): void {
  closePanelOf(part)
  document.querySelector('h1')?.focus()
}
