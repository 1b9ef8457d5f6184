import type { ServerSettings } from '../../src/server/settings.ts'
import { machineCertificate, tlsOf } from './certificate.ts'

export interface Listener {
  readonly name: string
  readonly settings: Pick<ServerSettings, 'engine' | 'tls'>
}

const tls = tlsOf(machineCertificate())

/** Every way in which the server speaks HTTP/1.1: what holds for one holds for the others. */
export const LISTENERS: readonly Listener[] = [
  { name: 'the lean engine', settings: { engine: 'lean', tls: null } },
  { name: 'the node engine', settings: { engine: 'node', tls: null } },
  { name: 'the lean engine under TLS', settings: { engine: 'lean', tls } },
  { name: 'the node engine under TLS', settings: { engine: 'node', tls } },
]
