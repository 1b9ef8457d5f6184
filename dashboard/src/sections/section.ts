import type { ComponentType } from 'preact'
import type { GatewayView } from '../data/gateway-view.ts'
import type { IconName } from '../parts/icon.tsx'

export interface SectionProps {
  readonly view: GatewayView
}

/** A part of the page with an address of its own. */
export interface Section {
  /** Its address, `#/requests`. */
  readonly id: string
  readonly title: string
  readonly icon: IconName
  readonly group: 'Traffic' | 'Gateway'
  readonly View: ComponentType<SectionProps>
}
