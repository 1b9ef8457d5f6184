import { NOTHING, operation } from '../operation.ts'

export const ASSET = operation({
  tag: 'Dashboard',
  summary: 'A file that the page at /dashboard loads',
  query: NOTHING,
  body: NOTHING,
  answers: { 200: { summary: 'The file', type: 'text/javascript' } },
  errors: ['route_not_found'],
})
