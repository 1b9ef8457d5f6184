import { describe, expect, it } from 'vitest'
import { imageSize } from './image-size.ts'

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000005000000032008060000', 'hex')
const GIF = Buffer.from('474946383961000520030000', 'hex')
const jpeg = (...segments: string[]) => Buffer.from(`ffd8${segments.join('')}`, 'hex')
const APP0 = 'ffe000104a46494600010100000100010000'
const HUFFMAN = 'ffc400040000'
const FRAME = 'ffc0001108032005000301'
const webp = (chunk: string, rest: string) =>
  Buffer.concat([Buffer.from(`RIFF\0\0\0\0WEBP${chunk}`, 'latin1'), Buffer.from(rest.padEnd(40, '0'), 'hex')])

describe('imageSize()', () => {
  it.each([
    ['PNG', PNG],
    ['GIF', GIF],
    ['JPEG', jpeg(APP0, FRAME)],
    ['JPEG with tables and fill bytes before its frame', jpeg(APP0, HUFFMAN, 'ff', FRAME)],
    ['progressive JPEG', jpeg(FRAME.replace('ffc0', 'ffc2'))],
    ['lossy WebP', webp('VP8 ', '000000000000009d012a00052003')],
    ['lossless WebP', webp('VP8L', '000000002fffc4c700')],
    ['extended WebP', webp('VP8X', '0a00000010000000ff04001f0300')],
  ])('reads %s', (_, bytes) => {
    expect(imageSize(bytes.toString('base64'))).toEqual({ width: 1280, height: 800 })
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a cut PNG', PNG.subarray(0, 20)],
    ['a cut JPEG', jpeg(APP0)],
    ['a JPEG whose segment leads out of the file', jpeg('ffe0ffff')],
    ['text', Buffer.from('just some text that is long enough to be looked at')],
    ['an image of no size', Buffer.from(PNG.toString('hex').replace('00000500', '00000000'), 'hex')],
  ])('says null for %s', (_, bytes) => {
    expect(imageSize(bytes.toString('base64'))).toBeNull()
  })

  it('survives what is no base64', () => {
    expect(imageSize('~~~ not base64 ~~~')).toBeNull()
  })
})
