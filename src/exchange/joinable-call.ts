import type { Joinable } from '../cache/coalescer.ts'
import type { Exchange } from './exchange.ts'

/** A call under way whose answer other exchanges may have too. */
export interface JoinableCall extends Joinable {
  /** Sends the answer to this client as well, from its beginning, and settles its exchange. */
  serve(exchange: Exchange): Promise<void>
}
