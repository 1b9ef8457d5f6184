import { describe, expect, it } from 'vitest'
import { wrapperEnvironment } from './environment.ts'

describe('wrapperEnvironment()', () => {
  it.each([
    [{ TIMEOUT: '30000' }, { CLAUDE_WRAPPER_TIMEOUT: '30000ms' }],
    [{ TIMEOUT: '1m' }, { CLAUDE_WRAPPER_TIMEOUT: '1m' }],
    [{ MAX_TIMEOUT: '600000' }, { CLAUDE_WRAPPER_MAX_TIMEOUT: '600000ms' }],
    [{ REQUIRE_API_KEY: '1' }, { CLAUDE_WRAPPER_REQUIRE_API_KEY: 'true' }],
    [{ REQUIRE_API_KEY: 'no' }, { CLAUDE_WRAPPER_REQUIRE_API_KEY: 'false' }],
    [{ DEBUG_MODE: 'true' }, { CLAUDE_WRAPPER_LOG_LEVEL: 'debug' }],
    [{ VERBOSE: 'yes' }, { CLAUDE_WRAPPER_LOG_LEVEL: 'debug' }],
    [{ TIMEOUT: '1', CLAUDE_WRAPPER_TIMEOUT: '9' }, { CLAUDE_WRAPPER_TIMEOUT: '9' }],
  ])('reads %j', (given, expected) => {
    expect(wrapperEnvironment(given)).toEqual({ ...given, ...expected })
  })

  it.each([[{}], [{ DEBUG_MODE: 'false' }], [{ TIMEOUT: ' ' }], [{ NODE_ENV: 'production' }]])('leaves %j', (given) => {
    expect(wrapperEnvironment(given)).toEqual(given)
  })
})
