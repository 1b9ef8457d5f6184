import { expect, it } from 'vitest'
import { BuiltGateway } from './built-gateway.ts'
import { describeInBrowser } from './in-browser.ts'
import { Visitor } from './visitor.ts'

describeInBrowser('rules on the dashboard', (browser) => {
  it('are made, tested and deleted', async () => {
    const gateway = await BuiltGateway.start({ alerts: { enabled: true } })
    const visitor = await Visitor.signedIn(gateway, browser())
    const dialog = visitor.page.getByRole('dialog')
    await visitor.goTo('Alerts')
    await visitor.press('New rule')
    await dialog.getByLabel('Name').fill('slow')
    await dialog.getByLabel('Metric').fill('p9')
    await visitor.press('Make the rule')
    await visitor.sees(dialog.getByText(/^Must be the name of a metric.*p95/))
    await visitor.focuses('Metric')
    await dialog.getByLabel('Metric').fill('p95')
    await dialog.getByLabel('Warning at').fill('3000')
    await visitor.screenshot('alert-new')
    expect(await visitor.barriers()).toEqual([])
    await visitor.press('Make the rule')
    await visitor.sees(dialog.getByRole('heading', { name: 'Rule slow' }))
    await visitor.sees(visitor.rows('Rules of alerts').filter({ hasText: 'above 3,000' }))

    await visitor.press('Send a test message')
    await visitor.sees(dialog.getByText('Took it'))
    await visitor.screenshot('alert-tested')
    expect(await visitor.barriers()).toEqual([])
    await visitor.press('Delete')
    await visitor.sees(dialog.getByRole('heading', { name: 'Delete slow?' }))
    await visitor.press('Delete slow')
    await visitor.rows('Rules of alerts').filter({ hasText: 'slow' }).first().waitFor({ state: 'detached' })
    await visitor.focuses('Alerts')
  })

  it("are not the page's to delete where they are built in", async () => {
    const gateway = await BuiltGateway.start({ alerts: { enabled: true } })
    const visitor = await Visitor.signedIn(gateway, browser())
    await visitor.goTo('Alerts')
    await visitor.press('memory')
    await visitor.seesText('It is changed in the config')
    expect(await visitor.page.getByRole('dialog').getByRole('button').allInnerTexts()).toEqual([
      'Close',
      'Send a test message',
    ])
  })
})
