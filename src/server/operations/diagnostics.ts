import * as z from 'zod/mini'
import { NOTHING, operation } from '../operation.ts'
import { TIME, whole } from './shared.ts'

const tag = 'Diagnostics'

const EXPECTED_WORKER = 'the process id of a worker'

const worker = z
  .optional(
    z.coerce
      .number({ error: EXPECTED_WORKER })
      .check(z.int({ error: EXPECTED_WORKER }), z.positive({ error: EXPECTED_WORKER })),
  )
  .check(
    z.meta({ description: 'The process id of a worker, where there are several. By default the one that answers.' }),
  )

const seconds = whole(1, 60, 10).check(z.meta({ description: 'For how long.' }))

const capture = z.object({
  name: z.string(),
  kind: z.enum(['heap', 'cpu']),
  path: z.string().check(z.meta({ description: "On the gateway's machine." })),
  bytes: z.int(),
  pid: z.int().check(z.meta({ description: 'The process that it is of.' })),
  created: TIME,
})

const captured = z.extend(capture, {
  removed: z.array(z.string()).check(z.meta({ description: 'Older files that went for it.' })),
  warning: z.string(),
})

const errors = ['rate_limited', 'insufficient_storage'] as const

export const TAKE_HEAP = operation({
  tag,
  summary: 'Write a heap snapshot',
  details:
    'The process answers nobody while it is written. It holds everything that is in memory, prompts and keys too. One capture at a time and one a minute for each process.',
  query: z.strictObject({ worker }),
  body: NOTHING,
  answers: { 201: { summary: 'Written', schema: captured } },
  errors,
})

export const TAKE_CPU = operation({
  tag,
  summary: 'Profile the CPU for some seconds',
  details: 'Answers when the time is over. One capture at a time and one a minute for each process.',
  query: z.strictObject({ seconds, worker }),
  body: NOTHING,
  answers: { 201: { summary: 'Written', schema: captured } },
  errors,
})

export const LIST = operation({
  tag,
  summary: 'List the captures that are kept, newest first',
  query: NOTHING,
  body: NOTHING,
  answers: {
    200: {
      summary: 'The captures, and the processes that captures can be taken of',
      schema: z.object({ captures: z.array(capture), workers: z.array(z.int()) }),
    },
  },
})

const params = { name: 'The name of a capture, as the list has it' }

export const DOWNLOAD = operation({
  tag,
  summary: 'Download a capture',
  params,
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: "A file for Chrome's developer tools", schema: z.looseObject({}) } },
})

export const REMOVE = operation({
  tag,
  summary: 'Delete a capture',
  params,
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: 'It is gone', schema: z.object({ deleted: z.string() }) } },
})
