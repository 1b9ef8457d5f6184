import { expect, it } from 'vitest'
import { BuiltGateway } from './built-gateway.ts'
import { describeInBrowser } from './in-browser.ts'
import { DARK, DESKTOP, PHONE, Visitor } from './visitor.ts'

const SECTIONS = ['Overview', 'Requests', 'Errors', 'Alerts', 'Providers', 'Caches', 'Sessions', 'Keys'] as const
const SIGHTS = { light: DESKTOP, dark: DARK, phone: PHONE } as const

/** A gateway with something in each section. */
async function busyGateway(): Promise<BuiltGateway> {
  const gateway = await BuiltGateway.start()
  await gateway.ask('sim/echo', {}, { 'x-session-id': 'tea-time' })
  await gateway.ask('sim/thinking', { stream: true })
  for (let sent = 0; sent < 6; sent++) await gateway.ask('sim/error-500')
  await gateway.admin.create('laptop', { owner: 'ann@example.com', models: ['claude-*', 'gpt-*'] })
  return gateway
}

describeInBrowser('the dashboard is there for everybody', (browser) => {
  it.each(['light', 'dark', 'phone'] as const)('has no barriers and fits the screen: %s', async (sight) => {
    const gateway = await busyGateway()
    const visitor = await Visitor.at(gateway, browser(), SIGHTS[sight])
    await visitor.sees(visitor.heading('Sign in'))
    expect(await visitor.barriers()).toEqual([])
    expect(await visitor.isTooWide()).toBe(false)
    await visitor.signIn(gateway.token)
    for (const section of SECTIONS) {
      await visitor.goTo(section)
      await visitor.screenshot(`${sight}-${section.toLowerCase()}`)
      expect({ section, barriers: await visitor.barriers() }).toEqual({ section, barriers: [] })
      expect({ section, isTooWide: await visitor.isTooWide() }).toEqual({ section, isTooWide: false })
    }
    await visitor.goTo('Requests')
    await visitor.rows('Requests').first().getByRole('button').click()
    await visitor.sees(visitor.page.getByRole('dialog'))
    expect(await visitor.barriers()).toEqual([])
  })

  it('can be used with the keyboard alone', async () => {
    const gateway = await busyGateway()
    const { page, ...visitor } = await keyboardVisitor(gateway)
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Overview')

    await visitor.tabTo('Requests')
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor()
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Requests')
    await page.getByRole('table', { name: 'Requests' }).waitFor()
    await visitor.tabTo(/details of request/)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/details of request/)
  })

  it('is light or dark as the visitor chooses, and remembers it', async () => {
    const gateway = await BuiltGateway.start()
    const visitor = await Visitor.signedIn(gateway, browser(), DARK)
    const background = (): Promise<string> =>
      visitor.page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const dark = await background()
    await visitor.page.getByRole('button', { name: 'Colours: As the system' }).click()
    await visitor.sees(visitor.page.getByRole('button', { name: 'Colours: Light' }))
    const light = await background()
    expect(light).not.toBe(dark)
    await visitor.page.reload()
    await visitor.sees(visitor.heading('Overview'))
    expect(await background()).toBe(light)
    await visitor.page.getByRole('button', { name: 'Colours: Light' }).click()
    await visitor.sees(visitor.page.getByRole('button', { name: 'Colours: Dark' }))
    expect(await background()).toBe(dark)
  })

  /** Signs in without a mouse. */
  async function keyboardVisitor(gateway: BuiltGateway) {
    const { page } = await Visitor.at(gateway, browser())
    const tabTo = async (name: string | RegExp): Promise<void> => {
      for (let pressed = 0; pressed < 100; pressed++) {
        await page.keyboard.press('Tab')
        const label = await page.evaluate<string>(
          "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent",
        )
        if (typeof name === 'string' ? label === name : name.test(label)) return
      }
      throw new Error(`Nothing that can be reached by the keyboard is called ${name}.`)
    }
    await page.getByLabel('Admin token').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.type(gateway.token)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    return { page, tabTo }
  }
})
