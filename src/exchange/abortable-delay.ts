import type { Exchange } from './exchange.ts'

/** A pause that ends early when the client leaves. */
export class AbortableDelay {
  readonly elapsed: Promise<'elapsed' | 'aborted'>

  constructor(milliseconds: number, exchange: Exchange) {
    this.elapsed = new Promise((resolve) => {
      const timer = setTimeout(() => resolve('elapsed'), milliseconds)
      exchange.onAbort(() => {
        clearTimeout(timer)
        resolve('aborted')
      })
    })
  }
}
