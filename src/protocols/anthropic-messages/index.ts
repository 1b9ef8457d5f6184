import type { Protocol } from '../protocol.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeResponse } from './decode-response.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { decodeError, encodeError, encodeStreamError } from './errors.ts'
import { mergeOpaque } from './merge-opaque.ts'
import { decodeModelList, encodeModel, encodeModelList } from './models.ts'
import { passthrough } from './passthrough.ts'
import { peek } from './peek.ts'
import { repair } from './repair.ts'
import { claims, ROUTES } from './routes.ts'
import { MessagesStreamDecoder } from './stream-decoder.ts'
import { MessagesStreamEncoder } from './stream-encoder.ts'
import { decodeTokenCount, encodeTokenCount } from './token-count.ts'
import { PROTOCOL } from './wire.ts'

/** Anthropic Messages (https://platform.claude.com/docs/en/api/messages), for clients and for vendors. */
export const anthropicMessages: Protocol<'anthropic-messages'> = {
  id: PROTOCOL,
  name: 'Anthropic Messages',
  routes: ROUTES,
  describeError: async () => (await import('./descriptions.ts')).ERROR,
  claims,
  peek,
  passthrough,
  client: {
    decodeRequest,
    encodeResponse,
    streamEncoder: (context) => new MessagesStreamEncoder(context),
    encodeError,
    encodeStreamError,
    ping: 'event: ping\ndata: {"type": "ping"}\n\n',
    encodeTokenCount,
    encodeModelList,
    encodeModel,
  },
  upstream: {
    encodeRequest,
    decodeResponse,
    streamDecoder: (context, sink) => new MessagesStreamDecoder(context, sink),
    mergeOpaque,
    decodeError,
    repair,
    pauses: true,
    takesNoOutput: true,
    decodeTokenCount,
    decodeModelList,
  },
}
