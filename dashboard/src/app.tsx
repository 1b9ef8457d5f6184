import type { JSX } from 'preact'
import { usePage } from './data/page.ts'
import { Shell } from './shell/shell.tsx'
import { SignInForm } from './shell/sign-in-form.tsx'

export function App(): JSX.Element | null {
  const visit = usePage().signIn.visit.value
  switch (visit.kind) {
    case 'checking':
      return null
    case 'signed-out':
      return <SignInForm why={visit.why} />
    case 'signed-in':
      return <Shell view={visit.view} />
    default:
      return visit satisfies never
  }
}
