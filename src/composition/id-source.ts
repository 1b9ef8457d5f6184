import { randomFillSync } from 'node:crypto'

/** 128 random bits. */
const LENGTH = 16
/** Ids for which chance is asked for at once: asking is what takes the time. */
const AHEAD = 256

/** Ids of 128 random bits that are safe in every protocol's ids. */
export function idSource(): () => string {
  const chance = Buffer.alloc(LENGTH * AHEAD)
  let at = chance.length
  return () => {
    if (at === chance.length) {
      randomFillSync(chance)
      at = 0
    }
    at += LENGTH
    return chance.toString('hex', at - LENGTH, at)
  }
}
