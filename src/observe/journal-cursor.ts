/** How far each process's journal was read, by the process. */
export type JournalPositions = ReadonlyMap<string, number>

/** Processes come and go; those of so many are remembered. */
const MOST_PROCESSES = 64
const POSITION = /^(\w{1,40})\.(\d{1,15})$/

export function writeCursor(positions: JournalPositions): string {
  const newest = [...positions].slice(-MOST_PROCESSES)
  return Buffer.from(newest.map(([process, sequence]) => `${process}.${sequence}`).join(',')).toString('base64url')
}

/** Null for what was never written by `writeCursor`. */
export function readCursor(cursor: string): JournalPositions | null {
  const parts = Buffer.from(cursor, 'base64url').toString('latin1').split(',')
  if (parts.length > MOST_PROCESSES) return null
  const positions = new Map<string, number>()
  for (const part of parts) {
    const [, process, sequence] = POSITION.exec(part) ?? []
    if (process === undefined || sequence === undefined) return null
    positions.set(process, Number(sequence))
  }
  return positions
}
