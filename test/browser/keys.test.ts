import type { Locator } from 'playwright-core'
import { expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { BuiltGateway } from './built-gateway.ts'
import { describeInBrowser } from './in-browser.ts'
import { DARK, DESKTOP, PHONE, Visitor } from './visitor.ts'

const SIGHTS = { dark: DARK, phone: PHONE } as const
const OF_THE_CONFIG = { auth: { keys: [{ name: 'pipeline', key: 'the-key-of-the-pipeline', models: ['sim/*'] }] } }

describeInBrowser('keys on the dashboard', (browser) => {
  it('are made, work at once, tell their secret once, and are revoked', async () => {
    const gateway = await BuiltGateway.start()
    const { visitor, dialog } = await visit(gateway)
    const addresses: string[] = []
    visitor.page.on('request', (request) => addresses.push(request.url()))
    await visitor.press('New key')
    await visitor.seesText('This is the first key.')
    await visitor.focuses('Name')
    await dialog.getByLabel('Name').fill('laptop')
    await dialog.getByLabel('Owner').fill('ann@example.com')
    await dialog.getByLabel('Models').fill('sim/*, claude-*')
    await dialog.getByLabel('Routes').fill('/v1/*')
    await dialog.getByLabel('Requests at most').fill('60')
    await dialog.getByLabel('Expires').fill('2099-01-31')
    await dialog.getByLabel("Claude Code's own tools").fill('Read\nBash(git *)')
    await visitor.press('Make the key')
    await visitor.sees(dialog.getByRole('heading', { name: 'Secret of laptop' }))
    const secret = await dialog.locator('.secret code').innerText()
    expect(secret).toMatch(/^ucr_\w{38}$/)
    expect(await chat(gateway, secret)).toBe(200)
    expect(await chat(gateway, null)).toBe(401)

    await visitor.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await visitor.press('Copy the secret of laptop')
    await visitor.seesText('Copied')
    expect(await visitor.page.evaluate<string>('navigator.clipboard.readText()')).toBe(secret)
    await visitor.page.keyboard.press('Escape')
    await visitor.page.mouse.click(5, 5)
    expect(await dialog.locator('.secret code').innerText()).toBe(secret)
    await visitor.press('I have kept it')
    await visitor.seesNoDialog()
    await visitor.focuses('New key')
    expect(await visitor.page.content()).not.toContain(secret)
    expect(await visitor.leaks(secret)).toBe(false)
    expect(await visitor.page.evaluate<string>('JSON.stringify(sessionStorage)')).not.toContain(secret)
    expect(addresses.filter((address) => address.includes(secret))).toEqual([])

    const row = visitor.rows('Keys').filter({ hasText: 'laptop' })
    for (const text of ['Active', secret.slice(-4), 'ann@example.com', 'sim/*, claude-*', '60 in 1m']) {
      await visitor.sees(row.getByText(text))
    }
    await visitor.press('laptop')
    for (const text of ['/v1/*', 'Read, Bash(git *)']) await visitor.sees(dialog.getByText(text))
    await visitor.press('Revoke')
    await visitor.sees(dialog.getByRole('heading', { name: 'Revoke laptop?' }))
    await visitor.focuses('Revoke laptop?')
    await visitor.press('Revoke laptop')
    await visitor.sees(dialog.getByText('Revoked').first())
    expect(await chat(gateway, secret)).toBe(401)
    await visitor.press('Take out of the list')
    await visitor.seesText('There is no key yet')
    await visitor.focuses('Keys')
    expect(await gateway.stop()).not.toContain(secret)
  })

  it('say at the field what is wrong with it, and keep what was written', async () => {
    const gateway = await BuiltGateway.start(OF_THE_CONFIG)
    const { visitor, dialog } = await visit(gateway)
    await visitor.press('New key')
    const refused = async (label: string, text: string, why: string): Promise<void> => {
      const field = dialog.getByLabel(label)
      await field.fill(text)
      await visitor.press('Make the key')
      await visitor.sees(dialog.getByText(why))
      expect(await field.getAttribute('aria-invalid')).toBe('true')
      await visitor.focuses(label)
      expect(await visitor.descriptionOfFocused()).toContain(why)
    }
    await refused('Name', 'a/b', 'Must be a name of up to 64 letters')
    await refused('Name', 'pipeline', 'There is a key named "pipeline" already.')
    await dialog.getByLabel('Name').fill('laptop')
    await refused('Requests at most', 'many', 'Must be a whole number from 1 up')
    await dialog.getByLabel('Requests at most').fill('5')
    await refused('Within', 'ever', 'Must be a time such as "30s"')
    await dialog.getByLabel('Within').fill('1m')
    await refused("Claude Code's own tools", 'Read\nrm -rf', 'Must be a tool as Claude Code writes it')
    await visitor.screenshot('key-refused')
    expect(await visitor.barriers()).toEqual([])
    expect(await dialog.getByLabel('Name').inputValue()).toBe('laptop')
    await visitor.press('Cancel')
    await visitor.seesNoDialog()
    await visitor.focuses('New key')
  })

  it('get another secret while the old one goes on, are changed, disabled and enabled', async () => {
    const gateway = await BuiltGateway.start()
    const old = (await gateway.admin.create('laptop', { models: ['claude-*'] })).key
    const { visitor, dialog } = await visit(gateway)
    await visitor.press('laptop')
    await visitor.press('New secret')
    await dialog.getByLabel('The old secret goes on for').fill('2h')
    await visitor.press('Make a new secret')
    const secret = await dialog.locator('.secret code').innerText()
    await visitor.press('I have kept it')

    await visitor.press('laptop')
    await visitor.sees(dialog.getByText('the one before, ends in'))
    await visitor.press('Change')
    await dialog.getByLabel('Models').fill('sim/*')
    await visitor.press('Save')
    await visitor.sees(dialog.getByText('sim/*'))
    expect([await chat(gateway, old), await chat(gateway, secret)]).toEqual([200, 200])
    await visitor.press('Disable')
    await visitor.sees(dialog.getByText('Disabled'))
    expect([await chat(gateway, old), await chat(gateway, secret)]).toEqual([401, 401])
    await visitor.press('Enable')
    await visitor.sees(dialog.getByText('Active'))
    expect(await chat(gateway, secret)).toBe(200)
    await visitor.press('Close')
    await visitor.focuses('laptop')
  })

  it("are not the page's to change where they stand in the config", async () => {
    const gateway = await BuiltGateway.start(OF_THE_CONFIG)
    const { visitor, dialog } = await visit(gateway)
    await visitor.sees(visitor.rows('Keys').filter({ hasText: 'config file' }))
    await visitor.press('pipeline')
    await visitor.seesText('This key stands in the config file')
    expect(await dialog.getByRole('button').allInnerTexts()).toEqual(['Close'])
  })

  it.each(['dark', 'phone'] as const)('have no barriers at any step: %s', async (sight) => {
    const gateway = await BuiltGateway.start()
    await gateway.admin.create('laptop', { owner: 'ann@example.com', models: ['claude-*', 'gpt-*'] })
    const { visitor } = await visit(gateway, SIGHTS[sight])
    const look = async (step: string): Promise<void> => {
      await visitor.screenshot(`${sight}-key-${step}`)
      expect({ step, barriers: await visitor.barriers() }).toEqual({ step, barriers: [] })
      expect({ step, isTooWide: await visitor.isTooWide() }).toEqual({ step, isTooWide: false })
    }
    await visitor.press('New key')
    await look('new')
    await visitor.press('Close')
    await visitor.press('laptop')
    await look('details')
    await visitor.press('Revoke')
    await look('revoke')
    await visitor.press('Cancel')
    await visitor.press('laptop')
    await visitor.press('New secret')
    await look('rotate')
    await visitor.press('Make a new secret')
    await visitor.sees(visitor.page.locator('.secret'))
    await look('secret')
  })

  it('are made with the keyboard alone', async () => {
    const gateway = await BuiltGateway.start()
    const { visitor, dialog } = await visit(gateway)
    const { keyboard } = visitor.page
    await visitor.page.getByRole('button', { name: 'New key' }).focus()
    await keyboard.press('Enter')
    await dialog.waitFor()
    await keyboard.type('laptop')
    await keyboard.press('Enter')
    await visitor.sees(dialog.getByRole('heading', { name: 'Secret of laptop' }))
    await visitor.focuses('Secret of laptop')
    await keyboard.press('Tab')
    await keyboard.press('Tab')
    await visitor.focuses('I have kept it')
    await keyboard.press('Enter')
    await visitor.seesNoDialog()
    await visitor.focuses('New key')
  })

  async function visit(
    gateway: BuiltGateway,
    sight = DESKTOP,
  ): Promise<{ readonly visitor: Visitor; readonly dialog: Locator }> {
    const visitor = await Visitor.signedIn(gateway, browser(), sight)
    await visitor.goTo('Keys')
    return { visitor, dialog: visitor.page.getByRole('dialog') }
  }
})

/** The status of an answer to whoever has this key. */
async function chat(gateway: BuiltGateway, key: string | null): Promise<number> {
  const { status } = await ask(`${gateway.url}/v1/chat/completions`, {
    headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
    body: { model: 'sim/echo', messages: [{ role: 'user', content: 'Hello there' }] },
  })
  return status
}
