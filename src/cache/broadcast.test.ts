import { describe, expect, it } from 'vitest'
import type { ClientReply } from '../exchange/client.ts'
import { Broadcast } from './broadcast.ts'
import type { Fields } from './listener.ts'

/** A client that takes so many bytes and then waits until it is told to go on. */
class Client implements ClientReply {
  readonly cutBy = null
  committed = false
  closed = false
  ended = false
  destroyed = false
  text = ''
  fields: Fields = {}
  #room: number
  readonly #onDrain: (() => void)[] = []
  readonly #onAbort: (() => void)[] = []

  constructor(room = Infinity) {
    this.#room = room
  }

  head(_status: number, fields: Fields): void {
    this.committed = true
    this.fields = fields
  }

  write(chunk: Buffer | string): boolean {
    this.text += chunk.toString()
    return this.text.length < this.#room
  }

  end(chunk?: Buffer | string): void {
    this.text += chunk?.toString() ?? ''
    this.closed = true
    this.ended = true
  }

  destroy(): void {
    this.closed = true
    this.destroyed = true
  }

  onDrain(callback: () => void): void {
    this.#onDrain.push(callback)
  }

  onAbort(callback: () => void): void {
    this.#onAbort.push(callback)
  }

  read(room = Infinity): void {
    this.#room = room === Infinity ? room : this.text.length + room
    for (const callback of this.#onDrain) callback()
  }

  leave(): void {
    this.closed = true
    for (const callback of this.#onAbort) callback()
  }
}

const same = (fields: Fields): Fields => fields

describe('Broadcast', () => {
  it('gives everybody the same bytes from the beginning, whenever they come', async () => {
    const broadcast = new Broadcast()
    const [early, late, last] = [new Client(), new Client(), new Client()]
    const listeners = [broadcast.listen(early, same)]
    broadcast.head(200, { a: '1' })
    broadcast.write('one ')
    listeners.push(broadcast.listen(late, (fields) => ({ ...fields, b: '2' })))
    broadcast.write(Buffer.from('two '))
    broadcast.end('three')
    listeners.push(broadcast.listen(last, same))
    for (const client of [early, late, last]) expect(client).toMatchObject({ text: 'one two three', ended: true })
    expect([early.fields, late.fields]).toEqual([{ a: '1' }, { a: '1', b: '2' }])
    expect(await Promise.all(listeners.map(({ over }) => over))).toEqual(['whole', 'whole', 'whole'])
    expect(broadcast.sent).toEqual({ status: 200, headers: { a: '1' }, body: Buffer.from('one two three') })
  })

  it('copies what it is given: the memory is its owner’s again', () => {
    const broadcast = new Broadcast()
    const slow = new Client(1)
    broadcast.listen(slow, same)
    const chunk = Buffer.from('abc')
    broadcast.write('x')
    broadcast.write(chunk)
    chunk.fill('!')
    slow.read()
    expect(slow.text).toBe('xabc')
  })

  it('lets the fastest set the pace', () => {
    const broadcast = new Broadcast()
    const [fast, slow] = [new Client(), new Client(1)]
    broadcast.listen(fast, same)
    broadcast.listen(slow, same)
    expect(broadcast.write('abc')).toBe(true)
    expect(broadcast.write('def')).toBe(true)
    expect([fast.text, slow.text]).toEqual(['abcdef', 'abc'])
    slow.read()
    expect(slow.text).toBe('abcdef')
  })

  it('waits when all wait, and goes on when the first of them does', () => {
    const broadcast = new Broadcast()
    const [one, two] = [new Client(1), new Client(1)]
    let drained = 0
    broadcast.onDrain(() => drained++)
    broadcast.listen(one, same)
    broadcast.listen(two, same)
    expect(broadcast.write('abc')).toBe(false)
    two.read()
    expect(drained).toBe(1)
    expect(broadcast.write('def')).toBe(true)
    expect([one.text, two.text]).toEqual(['abc', 'abcdef'])
  })

  it('is not joined any more when it has outgrown what it keeps', () => {
    const broadcast = new Broadcast(10)
    broadcast.listen(new Client(), same)
    broadcast.write('x'.repeat(10))
    expect(broadcast.joinable).toBe(true)
    broadcast.write('y')
    expect(broadcast.joinable).toBe(false)
    broadcast.end()
    expect(broadcast.sent).toBeNull()
  })

  it('cuts off who falls too far behind the others, and nobody else', async () => {
    const broadcast = new Broadcast(10)
    const [fast, slow, slower] = [new Client(), new Client(8), new Client(1)]
    const listeners = [fast, slow, slower].map((client) => broadcast.listen(client, same))
    for (const chunk of ['abcd', 'efgh', 'ijkl']) broadcast.write(chunk)
    expect([fast, slow, slower].map(({ destroyed }) => destroyed)).toEqual([false, false, false])
    broadcast.write('mnop')
    expect([fast, slow, slower].map(({ destroyed }) => destroyed)).toEqual([false, false, true])
    slow.read()
    broadcast.end('.')
    for (const client of [fast, slow]) expect(client).toMatchObject({ text: 'abcdefghijklmnop.', ended: true })
    expect(await Promise.all(listeners.map(({ over }) => over))).toEqual(['whole', 'whole', 'cut'])
  })

  it('waits for the only one that listens, however slow', () => {
    const broadcast = new Broadcast(10)
    const only = new Client(1)
    broadcast.listen(only, same)
    for (let n = 0; n < 5; n++) expect(broadcast.write('abcdefgh')).toBe(false)
    expect(only.destroyed).toBe(false)
    only.read()
    expect(only.text).toBe('abcdefgh'.repeat(5))
  })

  it('ends when the last one leaves, not before', async () => {
    const broadcast = new Broadcast()
    const [one, two] = [new Client(), new Client()]
    let aborted = 0
    broadcast.onAbort(() => aborted++)
    const listeners = [broadcast.listen(one, same), broadcast.listen(two, same)]
    one.leave()
    expect([aborted, broadcast.closed]).toEqual([0, false])
    two.leave()
    expect([aborted, broadcast.closed, broadcast.joinable]).toEqual([1, true, false])
    expect(await Promise.all(listeners.map(({ over }) => over))).toEqual(['left', 'left'])
    broadcast.onAbort(() => aborted++)
    expect(aborted).toBe(2)
  })

  it('that breaks off gives everybody what there was, and no end', async () => {
    const broadcast = new Broadcast()
    const [fast, slow] = [new Client(), new Client(1)]
    const listeners = [broadcast.listen(fast, same), broadcast.listen(slow, same)]
    broadcast.write('abc')
    broadcast.write('def')
    broadcast.destroy()
    slow.read()
    expect(await Promise.all(listeners.map(({ over }) => over))).toEqual(['broken', 'broken'])
    for (const client of [fast, slow]) expect(client).toMatchObject({ text: 'abcdef', ended: false, destroyed: false })
  })
})
