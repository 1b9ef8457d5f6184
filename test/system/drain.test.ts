import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { ClientReply } from '../../src/exchange/client.ts'
import { ListenError } from '../../src/server/listen.ts'
import type { ServerSettings } from '../../src/server/settings.ts'
import { LISTENERS } from '../support/listeners.ts'
import { RawClient, getOf, postOf } from '../support/raw-client.ts'
import { closeGateways, smallGateway } from '../support/small-gateway.ts'
import type { Answer, SmallGateway } from '../support/small-gateway.ts'

const clients: RawClient[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await closeGateways()
})

async function connectTo({ url }: SmallGateway): Promise<RawClient> {
  const client = await RawClient.open(url)
  clients.push(client)
  return client
}

/** Requests wait until the test has their replies. */
function waiting(): { answer: Answer; replies: (count: number) => Promise<ClientReply[]>; aborts: () => number } {
  const replies: ClientReply[] = []
  let aborts = 0
  let check: () => void = () => {}
  return {
    answer: (_request, reply) =>
      new Promise((resolve) => {
        replies.push(reply)
        reply.onAbort(() => {
          aborts++
          resolve()
        })
        const end = reply.end.bind(reply)
        reply.end = (bytes) => {
          if (bytes === undefined) end()
          else end(bytes)
          resolve()
        }
        check()
      }),
    replies: async (count) => {
      while (replies.length < count) await new Promise<void>((resolve) => (check = resolve))
      return replies
    },
    aborts: () => aborts,
  }
}

function finish(reply: ClientReply | undefined): void {
  reply?.head(200, { 'content-length': '2' })
  reply?.end('ok')
}

describe.each(LISTENERS)('over $name,', ({ settings: listener }) => {
  const gatewayOf = (answer?: Answer, settings: Partial<ServerSettings> = {}): Promise<SmallGateway> =>
    smallGateway(answer, { ...listener, ...settings })

  describe('drain()', () => {
    it('lets requests under way finish, closes idle connections at once and takes no new ones', async () => {
      const { answer, replies } = waiting()
      const gateway = await gatewayOf(answer)
      const idle = await connectTo(gateway)
      expect((await idle.send(getOf('/health/ready')).answer()).status).toBe(200)
      const busy = await connectTo(gateway)
      busy.send(postOf('/v1/messages', '{}'))
      const [reply] = await replies(1)
      const drained = gateway.server.drain(5000)
      await idle.all()
      await expect(RawClient.open(gateway.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      finish(reply)
      const done = await busy.answer()
      expect(done.body).toBe('ok')
      expect(done.headers['connection']).toBe('close')
      expect(await drained).toEqual({ finished: 1, cut: 0 })
      await busy.all()
    })

    it('says no to readiness checks during the grace, and still serves', async () => {
      const gateway = await gatewayOf(undefined, { drainGrace: 300 })
      const drained = gateway.server.drain(1000)
      const check = await (await connectTo(gateway)).send(getOf('/health/ready')).answer()
      expect(check.status).toBe(503)
      expect(JSON.parse(check.body)).toEqual({ status: 'not-ready', reason: 'shutting down' })
      expect(check.headers['connection']).toBe('close')
      expect((await (await connectTo(gateway)).send(getOf('/v1/models')).answer()).status).toBe(200)
      expect((await (await connectTo(gateway)).send(getOf('/health/live')).answer()).status).toBe(200)
      expect(await drained).toEqual({ finished: 3, cut: 0 })
    })

    it('ends what takes too long with an error of its protocol, and tells the exchange', async () => {
      const { answer, replies, aborts } = waiting()
      const gateway = await gatewayOf(answer)
      const stream = await connectTo(gateway)
      stream.send(postOf('/v1/messages', '{}'))
      const [streamed] = await replies(1)
      streamed?.head(200, { 'content-type': 'text/event-stream' })
      streamed?.write('event: ping\ndata: {}\n\n')
      const whole = await connectTo(gateway)
      whole.send(postOf('/v1/chat/completions', '{}'))
      const partial = await connectTo(gateway)
      partial.send(postOf('/v1/chat/completions', '{}'))
      const [, , halfway] = await replies(3)
      halfway?.head(200, { 'content-type': 'application/json' })
      halfway?.write('{"half":')
      await partial.until((text) => text.includes('half'))

      expect(await gateway.server.drain(20)).toEqual({ finished: 0, cut: 3 })
      const text = await stream.all()
      expect(text).toContain('event: error\ndata: {"type":"error","error":{"type":"overloaded_error"')
      expect(text).toContain('\r\n0\r\n\r\n')
      const refused = await whole.answer()
      expect(refused.status).toBe(503)
      expect(refused.headers['retry-after']).toBe('1')
      expect(await partial.all()).not.toContain('\r\n0\r\n\r\n')
      expect(aborts()).toBe(3)
      expect(gateway.server.inFlight).toBe(0)
    })

    it('of an idle server is done at once', async () => {
      expect(await (await gatewayOf()).server.drain(60_000)).toEqual({ finished: 0, cut: 0 })
    })

    it('loses no request under load', async () => {
      const gateway = await gatewayOf()
      const statuses: number[] = []
      const busy = Promise.withResolvers<void>()
      let refused = 0
      const load = async (): Promise<void> => {
        for (;;) {
          let client: RawClient
          try {
            client = await connectTo(gateway)
          } catch {
            refused++
            return
          }
          try {
            for (;;) {
              const { status, headers } = await client.send(postOf('/v1/messages', '{}')).answer()
              if (statuses.push(status) === 200) busy.resolve()
              if (headers['connection'] === 'close') break
            }
          } catch {
            // An idle connection was closed before this request was sent: nothing of an answer came.
            expect(client.text).toBe('')
          }
          client.destroy()
        }
      }
      const loads = Array.from({ length: 8 }, load)
      await busy.promise
      const { cut } = await gateway.server.drain(5000)
      await Promise.all(loads)
      expect(cut).toBe(0)
      expect(refused).toBe(8)
      expect(new Set(statuses)).toEqual(new Set([200]))
    })
  })

  describe('listen()', () => {
    it('takes several ports', async () => {
      const gateway = await gatewayOf(undefined, { ports: [0, 0] })
      expect((await (await connectTo(gateway)).send(getOf('/health/live')).answer()).status).toBe(200)
    })

    it('names a port that is taken and what to do, and frees the others', async () => {
      const other = createServer()
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      const taken = (other.address() as AddressInfo).port
      const free = await gatewayOf()
      await free.server.close()
      const attempt = gatewayOf(undefined, { ports: [free.port, taken] })
      await expect(attempt).rejects.toThrow(ListenError)
      await expect(attempt).rejects.toThrow(`Port ${taken} on 127.0.0.1 is taken by another program.`)
      const again = await gatewayOf(undefined, { ports: [free.port] })
      expect(again.port).toBe(free.port)
      await new Promise((resolve) => other.close(resolve))
    })

    it('names an address that is not ours', async () => {
      await expect(gatewayOf(undefined, { host: '192.0.2.1' })).rejects.toThrow(
        '192.0.2.1 is no address of this machine.',
      )
    })

    it('gives URLs that work for IPv6', async () => {
      const gateway = await gatewayOf(undefined, { host: '::1' })
      expect(gateway.url).toMatch(listener.tls === null ? /^http:\/\/\[::1\]:\d+$/ : /^https:\/\/\[::1\]:\d+$/)
    })
  })
})
