import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { HandFed } from '../support/hand-fed.ts'
import { fuzzSize, mutated } from '../support/mutated-text.ts'
import { PROXIES, obstacleTo, startProxy } from '../support/proxy.ts'
import type { Proxy, ProxyKind } from '../support/proxy.ts'
import { RawClient, dechunk, getOf, postOf } from '../support/raw-client.ts'
import { ENGINES, closeGateways, echo, smallGateway } from '../support/small-gateway.ts'
import type { Answer, Engine, SmallGateway } from '../support/small-gateway.ts'
import { BEGIN, SMUGGLING } from '../support/smuggling-corpus.ts'

const PAIRS = PROXIES.flatMap((proxy) => ENGINES.map((engine) => ({ proxy, name: proxy.name, engine })))

/** A gateway behind a proxy. What it answers can be changed; it echoes. */
interface Town {
  readonly gateway: SmallGateway
  answer: Answer
  connect(): Promise<RawClient>
  close(): Promise<void>
}

async function found(kind: ProxyKind, engine: Engine): Promise<Town> {
  const gateway = await smallGateway((request, reply) => town.answer(request, reply), { engine })
  const proxy: Proxy = await startProxy(kind, gateway.port)
  const town: Town = {
    gateway,
    answer: echo,
    connect: async () => {
      const client = await RawClient.open(proxy.socket)
      onTestFinished(() => client.destroy())
      return client
    },
    close: async () => {
      await proxy.close()
      await closeGateways()
    },
  }
  return town
}

const chunked = (...pieces: readonly string[]): string =>
  `transfer-encoding: chunked\r\n\r\n${[...pieces, ''].map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}`

/** What an attacker wants to be taken for a request of somebody else. */
const HIDDEN = getOf('/v1/models/hidden')

/** Heads whose body ends at one place for who goes by the length, at another for who goes by the chunks; `hidden` lies between. */
const DISPUTED = [
  'transfer-encoding: chunked',
  'Transfer-Encoding:chunked',
  'transfer-encoding: chunked\r\ntransfer-encoding: x',
  'transfer-encoding: x\r\ntransfer-encoding: chunked',
  'transfer-encoding: chunked, identity',
  'transfer-encoding: identity, chunked',
  'transfer-encoding: xchunked',
  'transfer-encoding : chunked',
  'transfer-encoding:\tchunked',
  'transfer-encoding: chunked\t',
  'transfer-encoding: \x0bchunked',
  'transfer-encoding: chunked\x0b',
  'transfer-encoding: \xa0chunked',
  'transfer-encoding: chunked\xa0',
  'transfer-encoding: "chunked"',
  'transfer-encoding:\r\n chunked',
  'x: y\r\n transfer-encoding: chunked',
  'x: y\rtransfer-encoding: chunked',
  'x: y\ntransfer-encoding: chunked',
  'x: y\0\r\ntransfer-encoding: chunked',
  'transfer_encoding: chunked',
  'transfer-encoding\0: chunked',
  'transfer-encoding\xa0: chunked',
].flatMap((field) => [
  { field, shape: 'the length ends behind it', bytes: byLength(field) },
  { field, shape: 'the chunks end behind it', bytes: byChunks(field) },
])

/** Who goes by the chunks reads `hidden` as the next request. */
function byLength(field: string): string {
  const body = `0\r\n\r\n${HIDDEN}`
  return `${BEGIN}content-length: ${body.length}\r\n${field}\r\n\r\n${body}`
}

/** Who goes by the length reads `hidden` as the next request. */
function byChunks(field: string): string {
  const size = `${HIDDEN.length.toString(16)}\r\n`
  return `${BEGIN}content-length: ${size.length}\r\n${field}\r\n\r\n${size}${HIDDEN}\r\n0\r\n\r\n`
}

describe.each(PAIRS)('behind $name, over the $engine engine,', ({ proxy, engine }) => {
  let town: Town
  const obstacle = obstacleTo(proxy)

  beforeAll(async () => {
    if (obstacle === null) town = await found(proxy, engine)
  })

  beforeEach(({ skip }) => {
    if (obstacle !== null) skip(obstacle)
    town.answer = echo
  })

  afterAll(async () => {
    if (obstacle === null) await town.close()
  })

  const expectOwnAnswer = async (client: RawClient, id: string): Promise<void> => {
    const { status, body } = await client.send(getOf(`/v1/models/${id}`)).answer()
    expect(status).toBe(200)
    expect(body).toContain(`"id":"${id}"`)
  }

  it('requests of several clients, one after the other and at once, get their own answers', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => town.connect()))
    await Promise.all(
      clients.map(async (client, number) => {
        for (let count = 0; count < 10; count++) await expectOwnAnswer(client, `client-${number}-${count}`)
      }),
    )
  })

  it('requests that do not wait for answers are answered in order', async () => {
    const client = await town.connect()
    const body = (text: string): string => `{"text":"${text}"}`
    client.send(
      [
        getOf('/v1/models/first'),
        postOf('/v1/messages', body('second')).toString(),
        `${BEGIN}${chunked('{"text":', '"third"}')}`,
        getOf('/v1/models/fourth'),
        postOf('/v1/chat/completions', body('fifth')).toString(),
      ].join(''),
    )
    for (const word of ['first', 'second', 'third', 'fourth', 'fifth']) {
      const answer = await client.answer()
      expect(answer.status).toBe(200)
      expect(answer.body).toContain(word)
    }
  })

  it.each([0, 1, 70_000, 3_000_000])('a body of %d bytes comes whole, sized and in chunks', async (length) => {
    const client = await town.connect()
    const text = 'x'.repeat(length)
    const pieces = text.match(/x{1,50000}/g) ?? []
    for (const request of [postOf('/v1/messages', text), `${BEGIN}${chunked(...pieces)}`]) {
      const { status, body } = await client.send(request).answer()
      expect(status).toBe(200)
      expect((JSON.parse(body) as { body: string }).body === text).toBe(true)
    }
    await expectOwnAnswer(client, 'next')
  })

  it('a client that waits for a word before its body gets it', async () => {
    const client = await town.connect()
    for (const text of ['{"a":1}', '{"b":2}']) {
      client.send(`${BEGIN}expect: 100-continue\r\ncontent-length: ${text.length}\r\n\r\n`)
      expect((await client.answer()).status).toBe(100)
      const { status, body } = await client.send(text).answer()
      expect(status).toBe(200)
      expect((JSON.parse(body) as { body: string }).body).toBe(text)
    }
  })

  it('an upload that is refused is answered, and others are not disturbed', async () => {
    const client = await town.connect()
    client.send(postOf('/v1/messages', 'no gzip', 'content-encoding: compress\r\n'))
    expect((await client.answer()).status).toBe(415)
    client.send(postOf('/v1/nothing', 'x'.repeat(200_000)))
    expect((await client.answer()).status).toBe(404)
    await expectOwnAnswer(await town.connect(), 'other')
  })

  it('events of a stream come one by one, and the connection serves on', async () => {
    const client = await town.connect()
    for (const name of ['a', 'b']) {
      const fed = new HandFed()
      town.answer = fed.answer
      client.send(postOf('/v1/messages', '{"stream":true}'))
      const reply = await fed.replied
      reply.head(200, { 'content-type': 'text/event-stream' })
      for (const number of [1, 2, 3]) {
        reply.write(`data: ${name}${number}\n\n`)
        await client.until((text) => text.includes(`data: ${name}${number}\n\n`))
      }
      reply.end()
      await client.until((text) => text.split('\r\n0\r\n\r\n').length === (name === 'a' ? 2 : 3))
    }
    const [first = '', second = ''] = client.text.split('\r\n0\r\n\r\n')
    expect(dechunk(`${first.slice(first.indexOf('\r\n\r\n') + 4)}\r\n`)).toBe('data: a1\n\ndata: a2\n\ndata: a3\n\n')
    expect(dechunk(`${second.slice(second.indexOf('\r\n\r\n') + 4)}\r\n`)).toBe('data: b1\n\ndata: b2\n\ndata: b3\n\n')
  })

  it('a client that leaves is noticed, before the head and in the middle of a stream', async () => {
    for (const begun of [false, true]) {
      const client = await town.connect()
      const fed = new HandFed()
      town.answer = fed.answer
      client.send(postOf('/v1/messages', '{"stream":true}'))
      const reply = await fed.replied
      if (begun) {
        reply.head(200, { 'content-type': 'text/event-stream' })
        reply.write('data: 1\n\n')
        await client.until((text) => text.includes('data: 1'))
      }
      client.destroy()
      await fed.aborted
      town.answer = echo
      await expectOwnAnswer(await town.connect(), `after-${begun}`)
    }
    expect(town.gateway.server.inFlight).toBe(0)
  })

  it('an answer that is cut has no end for the client either', async () => {
    const client = await town.connect()
    const fed = new HandFed()
    town.answer = fed.answer
    client.send(postOf('/v1/messages', '{"stream":true}'))
    const reply = await fed.replied
    reply.head(200, { 'content-type': 'text/event-stream' })
    reply.write('data: 1\n\n')
    await client.until((text) => text.includes('data: 1'))
    reply.destroy()
    expect(await client.all()).not.toContain('\r\n0\r\n\r\n')
    town.answer = echo
    await expectOwnAnswer(await town.connect(), 'after')
  })

  /** Sends an attack with a request behind it; gives how many requests the gateway saw, and that there are as many answers. */
  const attack = async (bytes: string): Promise<readonly string[]> => {
    const before = town.gateway.requests.length
    const bystander = await town.connect()
    await expectOwnAnswer(bystander, 'before')
    const attacker = await town.connect()
    attacker.send(bytes).send(getOf('/v1/models/last', 'connection: close\r\n'))
    const text = await attacker.all()
    for (let count = 0; count < 2; count++) await expectOwnAnswer(bystander, `same-${count}`)
    for (let count = 0; count < 2; count++) await expectOwnAnswer(await town.connect(), `new-${count}`)
    const ids = town.gateway.requests.slice(before).map(({ params, path }) => params['id'] ?? path)
    const attackers = ids.filter((id) => !/^(?:before|same-\d|new-\d)$/.test(id))
    for (const id of ['last', 'hidden']) {
      expect(text.split(`"id":"${id}"`).length - 1).toBe(attackers.filter((seen) => seen === id).length)
    }
    return attackers
  }

  describe('nobody gets the answer to another request after', () => {
    it.each(SMUGGLING)('%s', async (_name, bytes) => {
      const seen = await attack(bytes)
      for (const id of seen) expect(id).toMatch(/^(?:last|\/v1\/(?:messages|models))$/)
    })

    it.each(DISPUTED)('$field, where $shape', async ({ bytes }) => {
      await attack(bytes)
    })

    it('any of them with some bytes changed', async () => {
      const attacks = fc.constantFrom(...SMUGGLING.map(([, bytes]) => bytes), ...DISPUTED.map(({ bytes }) => bytes))
      const bystander = await town.connect()
      const property = fc.asyncProperty(mutated(attacks, [HIDDEN]), async ({ pieces }) => {
        const attacker = await town.connect()
        for (const piece of pieces) attacker.send(piece)
        attacker.send(getOf('/v1/models/last'))
        for (const id of ['same-1', 'same-2']) await expectOwnAnswer(bystander, id)
        attacker.destroy()
        await expectOwnAnswer(await town.connect(), 'new')
      })
      await fc.assert(property, fuzzSize(150))
    })
  })
})
