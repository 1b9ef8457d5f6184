import type { Contestant } from '../gateways/contestant.ts'
import { claudeCodeRouter } from './claude-code-router/peer.ts'
import { copilotApi } from './copilot-api/peer.ts'
import { haproxy } from './haproxy/peer.ts'
import { litellm } from './litellm/peer.ts'
import { nginx } from './nginx/peer.ts'
import { portkey } from './portkey/peer.ts'

/** The other gateways that are on this machine. */
export function peers(): Contestant[] {
  const all = [
    nginx(),
    haproxy(),
    portkey(),
    claudeCodeRouter('claude-code-router-1'),
    claudeCodeRouter('claude-code-router-2'),
    claudeCodeRouter('claude-code-router-3'),
    copilotApi(),
    litellm(),
  ]
  return all.filter((peer) => peer !== null)
}

/** Peers that nothing on a package registry brings, with what was tried. */
export const ABSENT: readonly { readonly name: string; readonly reason: string }[] = [
  {
    name: '9router',
    reason: 'its database is brought by an install script of its own at run time, outside its package; not set up here',
  },
  { name: 'bifrost', reason: 'the Go module proxy has no version of github.com/maximhq/bifrost/transports' },
  { name: 'gomodel', reason: 'the Go module proxy has no version of github.com/ENTERPILOT/GoModel' },
  { name: 'busbar', reason: 'crates.io has only a reserved name, 0.0.1, without the program' },
]
