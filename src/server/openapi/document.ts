import { ERRORS } from '../../lib/error.ts'
import type { JsonValue } from '../../lib/json.ts'
import type { Protocol } from '../../protocols/protocol.ts'
import type { RouteDescription } from '../../protocols/route-description.ts'
import type { DeclaredRoute } from '../router.ts'
import type { Fields } from './fields.ts'
import { operationOf } from './operation-object.ts'
import type { Described } from './operation-object.ts'
import { REPLY_HEADERS } from './reply-headers.ts'

export interface DocumentOptions {
  readonly version: string
  readonly routes: readonly DeclaredRoute[]
  readonly protocols: readonly Protocol[]
}

/** Of a route that nobody has described: it is there all the same. */
const UNDESCRIBED: RouteDescription = {
  tag: 'Others',
  summary: 'Not described',
  answers: { 200: { summary: 'Done', content: {} } },
}

/** All routes of the gateway as an OpenAPI 3.1 document: https://spec.openapis.org/oas/v3.1.1.html. Names no host. */
export async function openApiDocument({ version, routes, protocols }: DocumentOptions): Promise<Fields> {
  // What most readers look for comes first.
  const ordered = [
    ...routes.filter(({ protocol }) => protocol !== null),
    ...routes.filter(({ protocol }) => protocol === null),
  ]
  const described = await Promise.all(
    ordered.map(async ({ method, path, access, describe }): Promise<Described> => {
      return { method, path, access, description: (await describe?.()) ?? UNDESCRIBED }
    }),
  )
  const errors = await Promise.all(
    protocols.map(async (protocol): Promise<[string, JsonValue]> => [
      errorName(protocol),
      { description: `An error as clients of ${protocol.name} know it.`, ...(await protocol.describeError()) },
    ]),
  )
  return {
    openapi: '3.1.1',
    info: {
      title: 'Universal Claude Router',
      version,
      summary: 'One gateway between AI clients and model vendors',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The gateway that gave this document' }],
    tags: [...new Set(described.map(({ description }) => description.tag))].map((name) => ({ name })),
    paths: pathsOf(described),
    components: {
      securitySchemes: SECURITY_SCHEMES,
      headers: Object.fromEntries(
        Object.entries(REPLY_HEADERS).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
      ),
      schemas: {
        ...Object.fromEntries(errors),
        Error: { anyOf: errors.map(([name]) => ({ $ref: `#/components/schemas/${name}` })) },
        ErrorCode: { type: 'string', enum: Object.keys(ERRORS) },
      },
    },
  }
}

const SECURITY_SCHEMES: Fields = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'A key of the gateway, or a token of an issuer that it trusts.',
  },
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
    description: 'The same, as clients of Anthropic send it.',
  },
  googleKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-goog-api-key',
    description: 'The same, as clients of Google send it.',
  },
  adminToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'The token for the admin API, which no client needs. It stands in the state folder of the gateway.',
  },
}

function errorName({ id }: Protocol): string {
  return `Error.${id}`
}

/** Two protocols may share a path and a method: what one of them says is said beside what the other one says. */
function pathsOf(routes: readonly Described[]): Fields {
  const paths: { [path: string]: Fields } = {}
  for (const [key, sharing] of Map.groupBy(
    routes,
    ({ method, path }) => `${method.toLowerCase()} ${plainPath(path)}`,
  )) {
    const [method = '', path = ''] = key.split(' ', 2)
    paths[path] = { ...paths[path], [method]: operationOf(path, sharing) }
  }
  return paths
}

/** OpenAPI knows no names that take the rest of a path. */
function plainPath(path: string): string {
  return path.replace('...}', '}')
}
