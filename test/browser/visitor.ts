import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { ROOT } from '../../scripts/bootstrap.mjs'
import type { BuiltGateway } from './built-gateway.ts'

const SCREENSHOTS = join(ROOT, '.cache', 'screenshots')

/** Milliseconds. What is waited for comes within a few; a busy machine is no failure. */
const PATIENCE = 60_000

export const DESKTOP: BrowserContextOptions = { viewport: { width: 1360, height: 900 }, colorScheme: 'light' }
export const DARK: BrowserContextOptions = { ...DESKTOP, colorScheme: 'dark' }
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  colorScheme: 'light',
}

/** What the browser says by itself of answers that are no success. */
const OF_THE_NETWORK = /^Failed to load resource/

/** Somebody who looks at the page, and what their browser complains of. */
export class Visitor {
  readonly page: Page
  readonly #gateway: BuiltGateway
  /** Errors of the page, broken rules of its security policy, and requests to anybody but the gateway. */
  readonly #complaints: string[] = []

  private constructor(page: Page, gateway: BuiltGateway) {
    this.page = page
    this.#gateway = gateway
    page.setDefaultTimeout(PATIENCE)
    page.on('console', (message) => {
      const isComplaint = message.type() === 'error' || message.type() === 'warning'
      if (isComplaint && !OF_THE_NETWORK.test(message.text())) this.#complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.#complaints.push(error.message))
    page.on('dialog', (dialog) => this.#complaints.push(`a dialog: ${dialog.message()}`))
    page.on('request', (request) => {
      const isOwn = request.url().startsWith(`${gateway.url}/`) || request.url().startsWith('data:')
      if (!isOwn) this.#complaints.push(`a request to ${request.url()}`)
    })
  }

  /** Opens the page. Whatever the browser complained of fails the test at its end. */
  static async at(gateway: BuiltGateway, browser: Browser, options = DESKTOP, hash = ''): Promise<Visitor> {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
    const visitor = new Visitor(await context.newPage(), gateway)
    onTestFinished(async () => {
      await context.close()
      expect(visitor.#complaints).toEqual([])
    })
    await visitor.page.goto(`${gateway.dashboard}${hash}`)
    return visitor
  }

  static async signedIn(gateway: BuiltGateway, browser: Browser, options = DESKTOP): Promise<Visitor> {
    const visitor = await Visitor.at(gateway, browser, options)
    await visitor.signIn(gateway.token)
    await visitor.sees(visitor.heading('Overview'))
    return visitor
  }

  async signIn(token: string): Promise<void> {
    await this.page.getByLabel('Admin token').fill(token)
    await this.page.getByRole('button', { name: 'Sign in' }).click()
  }

  async goTo(section: string): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name: section }).click()
    await this.sees(this.heading(section))
  }

  /** A button, by the whole of its name. */
  async press(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click()
  }

  /** What is called so has the focus. */
  async focuses(name: string): Promise<void> {
    const focused =
      "(({ activeElement: at }) => at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent)(document)"
    await expect.poll(() => this.page.evaluate<string>(focused), { timeout: 30_000 }).toBe(name)
  }

  /** What is read out besides the name of what has the focus. */
  descriptionOfFocused(): Promise<string> {
    return this.page.evaluate<string>(
      "document.activeElement.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent).join(' ')",
    )
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { level: 1, name })
  }

  /** The rows of a table, without its head. */
  rows(table: string): Locator {
    return this.page.getByRole('table', { name: table }).locator('tbody tr')
  }

  /** Exactly so many, now or soon. */
  async seesRows(table: string, count: number): Promise<void> {
    const rows = this.rows(table)
    await rows.nth(count - 1).waitFor()
    await rows.nth(count).waitFor({ state: 'detached' })
  }

  async sees(what: Locator): Promise<void> {
    await what.first().waitFor({ state: 'visible' })
  }

  /** A closed dialog is none any more before it is out of the page. */
  async seesNoDialog(): Promise<void> {
    await this.page.locator('dialog').waitFor({ state: 'detached' })
  }

  async seesText(text: string | RegExp): Promise<void> {
    await this.sees(this.page.getByText(text))
  }

  /** For people, into `.cache/screenshots/` or another folder. */
  async screenshot(name: string, folder = SCREENSHOTS): Promise<void> {
    mkdirSync(folder, { recursive: true })
    await this.page.screenshot({ path: join(folder, `${name}.png`) })
  }

  /** What axe finds wrong for people who see, hear or point differently. */
  async barriers(): Promise<readonly string[]> {
    await this.page.evaluate(axe.source)
    const { violations } = await this.page.evaluate<AxeResults>('axe.run()')
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`))
  }

  /** Whether the page is wider than the screen. */
  isTooWide(): Promise<boolean> {
    return this.page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')
  }

  /** Is this somewhere where it outlives the tab, or where others see it? */
  async leaks(text: string): Promise<boolean> {
    const kept = await this.page.evaluate<string>('JSON.stringify(localStorage) + document.cookie + location.href')
    return kept.includes(text) || this.#gateway.url.includes(text)
  }
}
