import { execFileSync } from 'node:child_process'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, it } from 'vitest'

/** The program, or null where this machine has none. */
const PROGRAM = findChromium()

/** Tests that look at pages in a real browser. `body` gets the browser, which is there from the first test on. */
export function describeInBrowser(name: string, body: (browser: () => Browser) => void): void {
  if (PROGRAM === null) {
    describe(name, () => it.skip('skipped: there is no chromium'))
    return
  }
  describe(name, () => {
    let browser: Browser | null = null
    beforeAll(async () => {
      // Inside of containers and for root there is nothing that its sandbox could be made of.
      browser = await chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'], timeout: 120_000 })
    })
    afterAll(() => browser?.close())
    body(() => {
      if (browser === null) throw new Error('The browser is not there yet.')
      return browser
    })
  })
}

function findChromium(): string | null {
  try {
    return execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}
