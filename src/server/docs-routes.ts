import { GatewayError } from '../lib/error.ts'
import { toJsonText } from '../lib/json.ts'
import { described } from './operation.ts'
import type { DocumentOptions } from './openapi/document.ts'
import type { Fields } from './openapi/fields.ts'
import { jsonAnswer } from './plain-route.ts'
import type { PlainAnswer, PlainRequest, PlainRoute } from './plain-route.ts'

export interface DocsOptions {
  /** The gateway can be reached from other machines: strangers then learn nothing of what it can do. */
  readonly exposed: () => boolean
  readonly document: () => DocumentOptions
}

/** `GET /docs` for people; `GET /openapi.json`, which is also `/swagger.json`, for programs. Nothing of it is made before somebody asks. */
export function docsRoutes({ exposed, document }: DocsOptions): readonly PlainRoute[] {
  let made: Promise<Fields> | null = null
  const make = async (): Promise<Fields> => (await import('./openapi/document.ts')).openApiDocument(document())
  const route = (
    path: string,
    name: 'PAGE' | 'DOCUMENT',
    show: (document: Fields) => PlainAnswer | Promise<PlainAnswer>,
  ): PlainRoute => ({
    method: 'GET',
    path,
    access: 'public',
    describe: described(async () => (await import('./operations/docs.ts'))[name]),
    answer: async (request: PlainRequest) => {
      if (request.principal === null && exposed()) {
        throw new GatewayError('unauthorized', 'The documentation is shown to holders of a key.')
      }
      return show(await (made ??= make()))
    },
  })
  const json = (fields: Fields): PlainAnswer => jsonAnswer(200, toJsonText(fields))
  return [
    route('/docs', 'PAGE', async (fields) => (await import('./openapi/page.ts')).docsPage(fields)),
    route('/openapi.json', 'DOCUMENT', json),
    route('/swagger.json', 'DOCUMENT', json),
  ]
}
