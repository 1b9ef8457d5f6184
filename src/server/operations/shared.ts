import * as z from 'zod/mini'

/** A point in time, as answers write it. */
export const TIME = z.string().check(z.meta({ format: 'date-time' }))
