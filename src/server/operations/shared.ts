import * as z from 'zod/mini'

/** A point in time, as answers write it. */
export const TIME = z.string().check(z.meta({ format: 'date-time' }))

/** A whole number in a query. */
export function whole(least: number, most: number, usual: number) {
  const expected = { error: `a whole number from ${least} to ${most}` }
  const number = z.coerce.number(expected).check(z.int(expected), z.minimum(least, expected), z.maximum(most, expected))
  return z.prefault(number, usual)
}

/** The place where a list goes on, as an earlier answer wrote it. `expected` completes "must be ...". */
export function cursor<T>(read: (text: string) => T | null, expected: string) {
  const place = z.transform((text: string, context): T => {
    const found = read(text)
    if (found !== null) return found
    context.issues.push({ code: 'custom', message: expected, input: text })
    return z.NEVER
  })
  return z.exactOptional(z.pipe(z.string(), place))
}
