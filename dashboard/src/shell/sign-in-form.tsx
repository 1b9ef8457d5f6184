import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { usePage } from '../data/page.ts'
import { Mark } from './mark.tsx'

/** Asks for the admin token. `why`: what the visitor should know. */
export function SignInForm({ why }: { readonly why: string | null }): JSX.Element {
  const { signIn } = usePage()
  const [token, setToken] = useState('')
  const [busy, setBusy] = useState(false)
  const [shown, setShown] = useState(false)
  const field = useId()
  const help = useId()
  const submit = async (): Promise<void> => {
    setBusy(true)
    await signIn.signIn(token.trim())
    setBusy(false)
  }
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <Mark />
        <h1>Sign in</h1>
        <p>Live figures of this gateway, for whoever runs it.</p>
        {why !== null && (
          <p class="notice" role="alert">
            {why}
          </p>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void submit()
          }}
        >
          {/* For those who have their passwords kept. */}
          <input type="text" name="user" autocomplete="username" value="admin" hidden readOnly />
          <label for={field}>Admin token</label>
          <input
            id={field}
            type={shown ? 'text' : 'password'}
            name="admin-token"
            autocomplete="current-password"
            spellcheck={false}
            required
            value={token}
            aria-describedby={help}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
          <label class="check">
            <input type="checkbox" checked={shown} onChange={() => setShown(!shown)} />
            Show the token
          </label>
          <button type="submit" class="button button-main" disabled={busy}>
            {busy ? 'Signing in' : 'Sign in'}
          </button>
        </form>
        <div class="hint" id={help}>
          <p>
            It was made on the gateway's first start. On its machine, as the user that it runs as, these print it and a
            link that signs in:
          </p>
          <pre>
            <code>cat ~/.local/state/ucr/admin.token{'\n'}ucr dashboard</code>
          </pre>
          <p>
            Where the config has <code>auth.adminToken</code>, it is the token whose hash stands there. This tab keeps
            it until it is closed.
          </p>
        </div>
      </div>
    </main>
  )
}
