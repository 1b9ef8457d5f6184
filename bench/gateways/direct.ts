import type { Contestant } from './contestant.ts'

/** No gateway: the driver asks the far end. What others add to a call is measured against it. */
export function direct(farEndPid: number): Contestant {
  return {
    name: 'direct',
    version: '',
    setup: 'the far end itself',
    origin: 'reference',
    kinds: ['same', 'cross'],
    start: () =>
      Promise.resolve({
        pid: farEndPid,
        target: () => ({ path: '/v1/messages', model: 'claude-sonnet-5', headers: {} }),
        stop: () => Promise.resolve(),
      }),
  }
}
