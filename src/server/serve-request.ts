import { isLoopback } from '../admission/address.ts'
import type { Caller } from '../admission/admission.ts'
import { hasCredential } from '../admission/authenticate.ts'
import type { ClientReply, Principal } from '../exchange/client.ts'
import { GatewayError, toGatewayError } from '../lib/error.ts'
import type { Headers } from '../lib/headers.ts'
import { readBody } from './body.ts'
import { CompressedReply } from './compressed-reply.ts'
import { encodingFor } from './compression.ts'
import type { EngineRequest, EngineResponse } from './engine.ts'
import type { AccessChecks, ServerOptions } from './options.ts'
import type { HttpReply } from './reply.ts'
import type { RequestHead } from './request-head.ts'
import type { ServerRouter, Target } from './router.ts'
import { sendStream } from './send-stream.ts'

/** One request at the door, with everything that was learnt of it so far. */
export interface Arrival {
  readonly request: EngineRequest
  readonly response: EngineResponse
  readonly head: RequestHead
  /** Fields that let a browser hand the answer to a page of another origin; empty for everybody else. */
  readonly cors: Readonly<Record<string, string>>
  readonly reply: HttpReply
  /** The other end's address. */
  readonly peer: string
  /** For the answer, should it be an error. */
  readonly errorHeaders: Record<string, string>
  /** The client waits for a word before it sends the body. */
  readonly expectsContinue: boolean
}

/** Callers of public routes without a key. */
const STRANGER: Principal = { tenant: 'public', keyName: null, grant: null }

/**
 * One request from its head to the end of its answer: host, origin, route, key, body, and then whoever answers it. The
 * order matters: nothing about routes or keys is told to a page that should not be here, and no stranger's body is read.
 * Throws GatewayError; what was not answered is answered by the caller.
 */
export async function serveRequest(arrival: Arrival, router: ServerRouter, options: ServerOptions): Promise<void> {
  const { head, reply } = arrival
  options.access.checkHost(head.headers)
  options.access.checkOrigin(head.method, head.headers)
  if (head.method === 'OPTIONS' && answerPreflight(arrival)) return
  const target = findTarget(arrival, router)
  const caller = admit(arrival, target, options)
  const principal = caller instanceof Promise ? await meanwhileUnread(arrival, caller) : caller
  const coming = bodyOf(arrival, target, principal, options)
  const body = coming instanceof Promise ? await coming : coming
  if (reply.closed) return
  const answer = compressed(arrival, options)
  // What waits here until the end of the answer would keep the body as long.
  return target.kind === 'plain'
    ? answerPlain(arrival, answer, target, principal, body)
    : answerProtocol(arrival, answer, target, principal ?? STRANGER, body, options)
}

/** The reply itself for clients that ask for nothing, which is nearly all that matter: streams are never compressed. */
function compressed({ head, reply, peer }: Arrival, options: ServerOptions): ClientReply {
  const encoding = encodingFor(head.headers['accept-encoding'])
  if (encoding === null) return reply
  const { clients, threshold } = options.settings().compression
  if (clients === 'none' || (clients === 'remote' && isLoopback(peer))) return reply
  return new CompressedReply(reply, options.compression, encoding, threshold)
}

/** A browser asks whether a page may call the gateway. False where it is something else. */
function answerPreflight({ head, reply, cors }: Arrival): boolean {
  if (head.headers['access-control-request-method'] === undefined || Object.keys(cors).length === 0) return false
  reply.head(204, {
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': head.headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': '600',
  })
  reply.end()
  return true
}

function findTarget({ head, reply, errorHeaders }: Arrival, router: ServerRouter): Target {
  const { method, path, headers } = head
  const match = router.find(method, path, headers)
  switch (match.kind) {
    case 'protocol':
      reply.protocol = match.protocol
      reply.isExchange = true
      return match
    case 'plain':
      return match
    case 'other-method': {
      const allow = match.allow.join(', ')
      errorHeaders['allow'] = allow
      throw new GatewayError('method_not_allowed', `${method} is no method of ${shown(path)}. It has ${allow}.`)
    }
    case 'unknown': {
      const hint = match.hint === null ? '' : ` ${match.hint}`
      throw new GatewayError('route_not_found', `There is nothing at ${shown(path)}.${hint}`)
    }
    default:
      return match satisfies never
  }
}

function shown(path: string): string {
  return path.length > 200 ? `${path.slice(0, 200)}...` : path
}

/** Null: a stranger on a public route. What the server answers by itself is never refused for lack of room. */
function admit(
  { head: { headers }, peer, reply: { id } }: Arrival,
  target: Target,
  { access, observer: { tracer } }: ServerOptions,
): Principal | null | Promise<Principal | null> {
  if (target.kind === 'plain' && target.route.access === 'admin') return admitAdmin(headers, peer, access)
  const open = isPublic(target)
  const known = (principal: Principal): Principal | Promise<Principal> => {
    if (tracer.on.auth) tracer.write('auth', id, 'known', { key: principal.keyName ?? '' })
    if (!open) access.permit(principal, target.route.path)
    const admitted = target.kind === 'protocol' ? access.admit({ principal, headers, peer }) : undefined
    return admitted instanceof Promise ? admitted.then(() => principal) : principal
  }
  const unknown = (thrown: unknown): null | Promise<null> => {
    const fails = !open || !(thrown instanceof GatewayError)
    if (tracer.on.auth)
      tracer.write('auth', id, fails ? 'refused' : 'a stranger', { why: toGatewayError(thrown).message })
    const turnAway = (): null => {
      if (fails) throw thrown
      return null
    }
    const wrong = isWrong(thrown, headers)
    if (!fails && wrong) noteGuess({ principal: null, headers, peer }, access)
    const counted = countStranger({ headers, peer, isWrong: fails && wrong }, access, () =>
      // Whoever guesses keys is counted too.
      fails || target.kind === 'protocol' ? access.admit({ principal: null, headers, peer }) : undefined,
    )
    return counted instanceof Promise ? counted.then(turnAway) : turnAway()
  }
  let found: Principal | Promise<Principal>
  try {
    found = access.authenticate(headers)
  } catch (thrown) {
    return unknown(thrown)
  }
  return found instanceof Promise ? found.then(known, unknown) : known(found)
}

function isPublic(target: Target): boolean {
  return target.kind === 'plain' ? target.route.access === 'public' : target.route.public
}

/** Whoever runs the gateway is nobody's tenant. */
function admitAdmin(headers: Headers, peer: string, access: AccessChecks): null | Promise<null> {
  try {
    access.checkAdmin(headers)
  } catch (thrown) {
    const turnAway = (): never => {
      throw thrown
    }
    const counted = countStranger({ headers, peer, isWrong: isWrong(thrown, headers) }, access, () =>
      access.admit({ principal: null, headers, peer }),
    )
    return counted instanceof Promise ? counted.then(turnAway) : turnAway()
  }
  return null
}

interface Stranger {
  readonly headers: Headers
  readonly peer: string
  /** What was sent as key or token is not good. */
  readonly isWrong: boolean
}

/** First as one who guesses keys, then as one who makes requests. */
function countStranger(
  { headers, peer, isWrong: wrong }: Stranger,
  access: AccessChecks,
  count: () => void | Promise<void>,
): void | Promise<void> {
  const failed = wrong ? access.failed({ principal: null, headers, peer }) : undefined
  return failed instanceof Promise ? failed.then(count) : count()
}

/** At a door that is open to everybody nobody is turned away, but holders of a key may be shown more. */
function noteGuess(caller: Caller, access: AccessChecks): void {
  const ignore = (): void => {}
  try {
    access.failed(caller)?.catch(ignore)
  } catch {
    ignore()
  }
}

function isWrong(thrown: unknown, headers: Headers): boolean {
  return thrown instanceof GatewayError && thrown.code === 'unauthorized' && hasCredential(headers)
}

/** As long as nobody knows whose it is, no byte of a body takes up memory. */
function meanwhileUnread({ head, request }: Arrival, caller: Promise<Principal | null>): Promise<Principal | null> {
  if (head.hasBody && !request.complete) request.pause()
  return caller
}

const NO_BODY = Buffer.alloc(0)

/** A promise only where it has not come whole. */
function bodyOf(
  { head, request, response, expectsContinue, peer }: Arrival,
  target: Target,
  principal: Principal | null,
  options: ServerOptions,
): Buffer | Promise<Buffer> {
  const { headers } = head
  const received = (): void => {
    if (target.kind === 'protocol') options.access.received({ principal, headers, peer })
  }
  let body: Buffer | Promise<Buffer> = NO_BODY
  try {
    // What everybody may ask for takes no body, and strangers could send many.
    if (head.hasBody && !isPublic(target))
      body = readBody(request, headers, options.settings(), () => {
        if (expectsContinue) response.proceed()
      })
  } finally {
    if (!(body instanceof Promise)) received()
  }
  return body instanceof Promise ? body.finally(received) : body
}

async function answerPlain(
  { head, reply: { id } }: Arrival,
  reply: ClientReply,
  { route, params }: Extract<Target, { kind: 'plain' }>,
  principal: Principal | null,
  body: Buffer,
): Promise<void> {
  const { path, query, headers } = head
  const answer = await route.answer({ id, path, query, params, headers, body, principal })
  if ('stream' in answer) {
    sendStream(reply, answer, head.method !== 'HEAD')
    return
  }
  const length = typeof answer.body === 'string' ? Buffer.byteLength(answer.body) : answer.body.length
  reply.head(answer.status, { 'content-length': String(length), ...answer.headers })
  reply.end(answer.body)
}

function answerProtocol(
  { head, reply: { id } }: Arrival,
  reply: ClientReply,
  { protocol, route, params }: Extract<Target, { kind: 'protocol' }>,
  principal: Principal,
  body: Buffer,
  options: ServerOptions,
): Promise<void> {
  const { path, query, headers } = head
  const { operation } = route
  const request = {
    id,
    protocol: protocol.id,
    operation,
    route,
    path,
    query,
    params,
    headers,
    body,
    principal,
  }
  return options.exchange(request, reply).then(() => {
    if (!reply.closed) throw new Error('the exchange ended without ending its reply')
  })
}
