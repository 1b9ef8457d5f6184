import type { Protocol } from '../protocol.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeResponse } from './decode-response.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { decodeError, encodeError, encodeStreamError } from './errors.ts'
import { decodeModelList, encodeModel, encodeModelList } from './models.ts'
import { passthrough } from './passthrough.ts'
import { peek } from './peek.ts'
import { ROUTES } from './routes.ts'
import { streamDecoder } from './stream-decoder.ts'
import { PING, streamEncoder } from './stream-encoder.ts'

/** OpenAI Chat Completions (https://platform.openai.com/docs/api-reference/chat), for clients and for vendors. */
export const openaiChat: Protocol<'openai-chat'> = {
  id: 'openai-chat',
  name: 'OpenAI Chat Completions',
  routes: ROUTES,
  describeError: async () => (await import('./descriptions.ts')).ERROR,
  // It is listed last, and gets what no other protocol claims.
  claims: () => true,
  peek,
  passthrough,
  client: {
    decodeRequest,
    encodeResponse,
    streamEncoder,
    encodeError,
    encodeStreamError,
    ping: PING,
    encodeTokenCount: null,
    encodeModelList,
    encodeModel,
  },
  upstream: {
    encodeRequest,
    decodeResponse,
    streamDecoder,
    // What the canonical form has no part for arrives whole.
    mergeOpaque: (part) => part,
    decodeError,
    repair: () => null,
    pauses: false,
    takesNoOutput: false,
    decodeTokenCount: null,
    decodeModelList,
  },
}
