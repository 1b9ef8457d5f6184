import { GatewayError } from '../lib/error.ts'
import { described } from './operation.ts'
import { PAGE } from './page-files.ts'
import type { PageFile, PageFiles } from './page-files.ts'
import type { PlainAnswer, PlainRoute } from './plain-route.ts'

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const SAFETY = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** Its name says what is in it. */
const FOR_GOOD = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'no-cache'

/** The page itself, which holds no figure and no secret: what it shows, it asks the admin API for. */
export async function pageAnswer(files: PageFiles): Promise<PlainAnswer> {
  const page = await files.find(PAGE)
  return page === null || page === undefined ? NOT_BUILT : fileAnswer(page, ASK_AGAIN)
}

const NOT_BUILT: PlainAnswer = {
  status: 503,
  headers: { ...SAFETY, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: 'This gateway runs from its sources, and the dashboard was not built. "npm run build" builds it; then load this page again.\n',
}

/** `GET /dashboard/assets/{name}`: what the page loads. */
export function assetRoute(files: PageFiles): PlainRoute {
  return {
    method: 'GET',
    path: '/dashboard/assets/{name}',
    access: 'public',
    describe: described(async () => (await import('./operations/dashboard.ts')).ASSET),
    answer: async ({ params }) => {
      const file = await files.find(`assets/${params['name'] ?? ''}`)
      if (file === null || file === undefined) {
        throw new GatewayError(
          'route_not_found',
          'The dashboard has no such file. Load it again: there may be a new one.',
        )
      }
      return fileAnswer(file, FOR_GOOD)
    },
  }
}

function fileAnswer({ type, body }: PageFile, caching: string): PlainAnswer {
  return { status: 200, headers: { ...SAFETY, 'content-type': type, 'cache-control': caching }, body }
}
