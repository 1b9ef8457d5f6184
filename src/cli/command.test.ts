import { describe, expect, it } from 'vitest'
import { attributeName, choice, defineCommand, flag, integer, negated, rest, text, texts } from './command.ts'
import { createTerminal } from './terminal.ts'

const surroundings = { terminal: createTerminal(process), environment: {}, home: '/', directory: '/' }

describe('defineCommand()', () => {
  it('hands each option and argument to the command, read and typed', async () => {
    const seen: unknown[] = []
    const node = defineCommand({
      name: 'try',
      summary: 'Try',
      arguments: { files: rest('files', 'Files') },
      options: {
        port: integer('-p, --port <number>', 'Port', { min: 0, max: 65_535 }),
        level: choice('--log-level <level>', 'Level', ['info', 'debug']),
        watch: negated('--no-watch', 'Do not watch'),
        headers: texts('--header <line>', 'Header'),
        config: text('-c, --config <file>', 'Config'),
        json: flag('--json', 'JSON'),
      },
      run: ({ options, arguments: operands }) => {
        seen.push(options, operands)
        return Promise.resolve(0)
      },
    })
    const options = { port: '3000', logLevel: 'debug', watch: false, header: ['a: b'] }
    expect(await node.execute?.({ ...surroundings, options, arguments: [['x', 'y']] })).toBe(0)
    expect(seen).toEqual([
      { port: 3000, level: 'debug', watch: false, headers: ['a: b'], config: null, json: false },
      { files: ['x', 'y'] },
    ])
  })
})

describe('integer()', () => {
  const port = integer('-p, --port <number>', 'Port', { min: 0, max: 65_535 })
  it.each(['65536', '-1', '3e2', ' 1', '0x10', '1.5', ''])('refuses %j and says what it takes', (raw) => {
    expect(() => port.read(raw)).toThrow('--port')
  })
})

describe('choice()', () => {
  it('refuses what is not among the choices and lists them', () => {
    expect(() => choice('--log-level <level>', 'Level', ['info', 'debug']).read('loud')).toThrow('info, debug')
  })
})

describe('attributeName()', () => {
  it.each([
    ['-l, --log-level <level>', 'logLevel'],
    ['--no-watch', 'watch'],
    ['--json', 'json'],
  ])('%s is %s', (flags, name) => expect(attributeName(flags)).toBe(name))
})
