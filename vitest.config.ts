import { defineConfig } from 'vitest/config'

/** One project per kind of test; `scripts/test.mjs` runs them in this order and adds up their counts. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts'] } },
      { test: { name: 'architecture', include: ['test/architecture/**/*.test.ts'] } },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'] } },
      { test: { name: 'system', include: ['test/system/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
      { test: { name: 'clients', include: ['test/clients/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 300_000 } },
    ],
  },
})
