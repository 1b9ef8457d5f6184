import * as z from 'zod/mini'
import { section, text } from './scalars.ts'

export const REDIS_URL = 'redis://127.0.0.1:6379'

export const redisUrl = (description: string) =>
  text({
    expected: 'a URL such as "redis://127.0.0.1:6379"',
    pattern: /^rediss?:\/\/\S+$/,
    secret: true,
    description,
    examples: ['${REDIS_URL}'],
  })

/** One server for all that is to be kept there. */
export const redis = section('Where Redis or Valkey is, for what is to be kept there. Takes effect after a restart.', {
  url: z.prefault(redisUrl('Its URL, with user and password where it has them.'), REDIS_URL),
})
