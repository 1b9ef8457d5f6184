import { describe, expect, it } from 'vitest'
import { tracedBy } from './tracer.ts'

const ALL = ['http', 'auth', 'route', 'cache', 'session', 'upstream', 'performance']

describe('tracedBy()', () => {
  it.each<readonly [string, readonly string[]]>([
    ['', []],
    ['express:*,other', []],
    ['ucr', []],
    ['*', ALL],
    ['ucr:*', ALL],
    ['claude-wrapper:*', ALL],
    ['claude-wrapper:performance', ['performance']],
    ['ucr:http, ucr:auth', ['http', 'auth']],
    ['ucr:http ucr:route', ['http', 'route']],
    ['ucr:*,-ucr:http', ALL.filter((part) => part !== 'http')],
    ['-ucr:http,ucr:*', ALL.filter((part) => part !== 'http')],
    ['*,-claude-wrapper:*', []],
    ['*:c*', ['cache']],
    ['ucr:h.tp', []],
    ['ucr:(', []],
  ])('%j switches on %j', (debug, parts) => expect([...tracedBy(debug)]).toEqual(parts))
})
