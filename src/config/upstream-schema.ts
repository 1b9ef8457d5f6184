import * as z from 'zod/mini'
import { choice, duration, flag, section, whole } from './scalars.ts'

const MOST = 1_000_000

/** How vendors are reached. */
export const upstream = section('Connections to vendors. Changes take effect after a restart.', {
  engine: z.prefault(
    choice(['lean', 'undici'], {
      description: 'What speaks HTTP. `undici` is used in any case where HTTP/2 or pipelining is asked for.',
    }),
    'lean',
  ),
  connections: z.prefault(
    whole({
      expected: 'a number of connections',
      minimum: 1,
      maximum: MOST,
      description: 'Per vendor. Each stream under way has one; requests beyond that wait.',
    }),
    1024,
  ),
  pipelining: z.prefault(
    whole({
      expected: 'a whole number from 1 to 100',
      minimum: 1,
      maximum: 100,
      description: 'Requests under way on one connection. With more than 1 a stream holds up what waits behind it.',
    }),
    1,
  ),
  keepAlive: z.prefault(
    duration({
      description: 'How long a connection without requests is kept, where the vendor names no shorter time.',
    }),
    '60s',
  ),
  http2: z.prefault(
    flag({ description: 'HTTP/2 with vendors that offer it. It costs more of the gateway than it saves.' }),
    false,
  ),
  dns: z.prefault(
    section('Addresses of vendors.', {
      max: z.prefault(whole({ expected: 'a number of names', minimum: 1, maximum: MOST, description: 'Names.' }), 500),
      ttl: z.prefault(
        duration({ description: 'How long they are used without asking again; longer where asking fails.' }),
        '5m',
      ),
    }),
    {},
  ),
})
