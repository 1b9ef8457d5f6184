import type { Admission } from '../admission/admission.ts'
import { checkHost, checkOrigin, corsHeaders } from '../admission/host-origin.ts'
import type { AccessChecks } from '../server/options.ts'
import type { AccessControl } from './access-control.ts'
import type { Snapshot } from './snapshot.ts'

export interface AccessParts {
  /** The one in force. */
  readonly snapshot: () => Snapshot
  readonly control: AccessControl
  readonly admission: Admission
}

/** What the server asks about each caller. */
export function accessChecks({ snapshot, control, admission }: AccessParts): AccessChecks {
  return {
    checkHost: (headers) => checkHost(headers, snapshot().access),
    checkOrigin: (method, headers) => checkOrigin(method, headers, snapshot().access),
    corsHeaders: (headers) => corsHeaders(headers, snapshot().access),
    authenticate: (headers) => control.authenticate(headers),
    checkAdmin: (headers) => control.checkAdmin(headers),
    permit: (principal, path) => control.permit(principal, path),
    admit: (caller) => admission.admit(caller),
    failed: (caller) => (control.isAdmin(caller.headers) ? undefined : admission.failed(caller)),
    received: (caller) => admission.received(caller),
  }
}
