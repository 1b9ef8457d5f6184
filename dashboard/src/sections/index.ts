import { Alerts } from './alerts.tsx'
import { Caches } from './caches.tsx'
import { Errors } from './errors.tsx'
import { Keys } from './keys.tsx'
import { OverviewSection } from './overview.tsx'
import { Providers } from './providers.tsx'
import { Requests } from './requests.tsx'
import type { Section } from './section.ts'
import { Sessions } from './sessions.tsx'

/** All sections, in their order. The first is shown where the address names none. */
export const SECTIONS: readonly [Section, ...Section[]] = [
  { id: 'overview', title: 'Overview', icon: 'overview', group: 'Traffic', View: OverviewSection },
  { id: 'requests', title: 'Requests', icon: 'requests', group: 'Traffic', View: Requests },
  { id: 'errors', title: 'Errors', icon: 'errors', group: 'Traffic', View: Errors },
  { id: 'alerts', title: 'Alerts', icon: 'alerts', group: 'Traffic', View: Alerts },
  { id: 'providers', title: 'Providers', icon: 'providers', group: 'Gateway', View: Providers },
  { id: 'caches', title: 'Caches', icon: 'caches', group: 'Gateway', View: Caches },
  { id: 'sessions', title: 'Sessions', icon: 'sessions', group: 'Gateway', View: Sessions },
  { id: 'keys', title: 'Keys', icon: 'keys', group: 'Gateway', View: Keys },
]
