import { describe, expect, it } from 'vitest'
import { dataStart } from './sse-data.ts'

describe('dataStart()', () => {
  it.each([
    ['data: {}\n\n', ' {}\n\n'],
    ['data:{}\r\n\r\n', '{}\r\n\r\n'],
    ['\n\r\nevent: ping\r\ndata: {}\r\n\r\n', ' {}\r\n\r\n'],
    ['event: a\ndata: {\ndata: }\n\n', ' {\ndata: }\n\n'],
    ['event: a\n\n', null],
    ['event: a\nevent: b\ndata: {}\n\n', null],
    ['event: a', null],
    [': hello\ndata: {}\n\n', null],
    ['database: {}\n\n', null],
    ['', null],
  ])('%j', (frame, data) => {
    const start = dataStart(Buffer.from(frame))
    expect(start === -1 ? null : frame.slice(start)).toBe(data)
  })
})
