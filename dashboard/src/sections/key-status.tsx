import type { JSX } from 'preact'
import type { KeyLine } from '../data/virtual-key.ts'
import { Badge } from '../parts/badge.tsx'
import type { Tone } from '../parts/badge.tsx'

const STATUSES: Readonly<Record<KeyLine['status'], { readonly tone: Tone; readonly text: string }>> = {
  active: { tone: 'ok', text: 'Active' },
  disabled: { tone: 'idle', text: 'Disabled' },
  expired: { tone: 'warning', text: 'Expired' },
  revoked: { tone: 'bad', text: 'Revoked' },
}

export function KeyStatus({ line: { status } }: { readonly line: Pick<KeyLine, 'status'> }): JSX.Element {
  const { tone, text } = STATUSES[status]
  return <Badge tone={tone}>{text}</Badge>
}

export function limitText(rateLimit: KeyLine['rateLimit']): string {
  return rateLimit === null ? 'the usual' : `${rateLimit.max} in ${rateLimit.timeWindow}`
}
