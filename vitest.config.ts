import { defineConfig } from 'vitest/config'

/** Modules without state need no fresh module graph for each file, which is most of the time of a quick test. */
const quick = { pool: 'threads', isolate: false } as const

/** A busy machine is no failure: the limit is there for what hangs. */
const patient = { testTimeout: 180_000, hookTimeout: 180_000 } as const

/** These start processes and change the environment. */
const apart = { pool: 'forks' } as const

/** One project per kind of test; `scripts/test.mjs` runs them one after the other and adds up their counts. */
export default defineConfig({
  test: {
    // All cores: what collects the results hardly works.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,scripts}/**/*.test.ts', 'dashboard/src/**/*.test.ts'],
          ...quick,
          ...patient,
        },
      },
      { test: { name: 'architecture', include: ['test/architecture/**/*.test.ts'], ...quick, ...patient } },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'], ...quick, ...patient } },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          ...patient,
          ...apart,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          // One browser and one gateway at a time are enough for a small machine.
          fileParallelism: false,
          ...apart,
        },
      },
      {
        test: {
          name: 'clients',
          include: ['test/clients/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          ...apart,
        },
      },
    ],
  },
})
