import type { PolicyName } from '../settings.ts'
import { first } from './first.ts'
import type { Policy } from './policy.ts'
import { priority } from './priority.ts'
import { weighted } from './weighted.ts'

/** All policies. A new one is a file beside these and a line here. */
export const POLICIES: Readonly<Record<PolicyName, Policy>> = { first, weighted, priority }
