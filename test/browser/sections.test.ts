import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ROOT } from '../../scripts/bootstrap.mjs'
import { BuiltGateway } from './built-gateway.ts'
import { describeInBrowser } from './in-browser.ts'
import { DARK, PHONE, Visitor } from './visitor.ts'

const GUIDE = join(ROOT, 'docs', 'guide', 'dashboard')

/** Marks that turn the direction of writing. */
const TURNING = /[\u202a-\u202e]/g

/** Enough that the breaker opens, and one for which nobody is left. */
const FAILURES = 6

describeInBrowser('the sections of the dashboard', (browser) => {
  it('shows requests as they come, with what they took', async () => {
    const gateway = await BuiltGateway.start()
    const visitor = await Visitor.signedIn(gateway, browser())
    await visitor.seesText('No request has come yet')
    await gateway.ask('sim/echo')
    await visitor.sees(visitor.rows('Latest requests'))

    await visitor.goTo('Requests')
    await visitor.sees(visitor.rows('Requests'))
    const answer = await gateway.ask('sim/echo')
    await visitor.sees(
      visitor.page.getByRole('button', { name: `details of request ${answer.headers['x-request-id']}` }),
    )
    const { usage } = answer.json() as { usage: { input_tokens: number; output_tokens: number } }
    const [newest] = await visitor.rows('Requests').allInnerTexts()
    expect(newest).toContain('200')
    expect(newest).toContain('sim / echo')
    expect(newest).toContain(`${usage.input_tokens} / ${usage.output_tokens}`)
    expect(newest).toMatch(/\d ms/)

    await visitor.page.getByRole('button', { name: `details of request ${answer.headers['x-request-id']}` }).click()
    const details = visitor.page.getByRole('dialog')
    await visitor.sees(details.getByText(String(answer.headers['x-request-id'])))
    await visitor.sees(details.getByText('anthropic-messages'))
    await visitor.screenshot('request-details')
    await visitor.page.keyboard.press('Escape')
    await visitor.seesNoDialog()
  })

  it('stops the list and goes on, and filters it', async () => {
    const gateway = await BuiltGateway.start()
    const visitor = await Visitor.signedIn(gateway, browser())
    await gateway.ask('sim/echo')
    await gateway.ask('sim/error-400')
    await visitor.goTo('Requests')
    await visitor.page.getByLabel('Provider').selectOption('sim')
    await visitor.seesRows('Requests', 2)

    await visitor.page.getByRole('button', { name: 'Pause' }).click()
    await visitor.sees(visitor.page.getByRole('heading', { name: 'Requests, paused' }))
    await gateway.ask('sim/echo')
    await visitor.seesRows('Requests', 2)
    await visitor.page.getByRole('button', { name: 'Go on' }).click()
    await visitor.seesRows('Requests', 3)

    await visitor.page.getByLabel('Outcome').selectOption('failed')
    await visitor.seesRows('Requests', 1)
    expect(await visitor.rows('Requests').innerText()).toContain('400')
    await visitor.page.getByLabel('Outcome').selectOption('')
    await visitor.page.getByLabel('Model').selectOption('sim/echo')
    await visitor.seesRows('Requests', 2)
    await visitor.sees(visitor.page.getByRole('status').filter({ hasText: '2 of' }))
    await visitor.page.getByLabel('Search').fill('nobody asked this')
    await visitor.seesText('No request is like that')
  })

  it('shows an error with its id, and the breaker that opened', async () => {
    const gateway = await BuiltGateway.start()
    const visitor = await Visitor.signedIn(gateway, browser())
    const ids: string[] = []
    for (let sent = 0; sent < FAILURES; sent++) {
      const { headers } = await gateway.ask('sim/error-500')
      ids.push(String(headers['x-request-id']))
    }
    await visitor.goTo('Errors')
    for (const id of ids) await visitor.sees(visitor.rows('Latest failed requests').filter({ hasText: id }))
    await visitor.sees(visitor.rows('Errors by code').filter({ hasText: 'upstream_failed' }))
    await visitor.screenshot('errors')

    await visitor.goTo('Providers')
    const deployment = visitor.rows('Deployments of sim').filter({ hasText: 'error-500' })
    await visitor.sees(deployment.getByText('Open'))
    await visitor.sees(deployment.getByText(/tried again in \d+ s/))
    await visitor.screenshot('providers')
  })

  it('shows texts of others as texts', async () => {
    const gateway = await BuiltGateway.start({ sessions: {} })
    const names = ['<img src=x onerror="alert(1)">', '\u202Egnihton\u202C', '{{constructor}}', 'javascript:alert(1)']
    for (const name of names) await gateway.ask(name)
    const visitor = await Visitor.signedIn(gateway, browser())
    await visitor.goTo('Requests')
    for (const name of names)
      await visitor.sees(visitor.rows('Requests').filter({ hasText: name.replaceAll(TURNING, '') }))
    expect(await visitor.page.locator('body').innerText()).not.toMatch(TURNING)
    expect(await visitor.page.locator('img').count()).toBe(0)
    await visitor.screenshot('foreign-texts')
  })

  it('shows sessions, caches and keys', async () => {
    const gateway = await BuiltGateway.start()
    const visitor = await Visitor.signedIn(gateway, browser())
    await gateway.ask('sim/echo', {}, { 'x-session-id': 'tea-time' })
    await visitor.goTo('Sessions')
    await visitor.sees(visitor.rows('Sessions').filter({ hasText: 'tea-time' }))
    await visitor.goTo('Caches')
    await visitor.sees(visitor.page.getByRole('heading', { name: 'Equal requests at the same time' }))

    await gateway.admin.create('laptop', { models: ['claude-*'], rateLimit: { max: 60, timeWindow: '1m' } })
    await visitor.goTo('Keys')
    await visitor.sees(visitor.rows('Keys').filter({ hasText: 'laptop' }).getByText('60 in 1m'))
    await visitor.screenshot('keys')
  })

  it('says why it cannot show something', async () => {
    const gateway = await BuiltGateway.start({ sessions: { store: 'redis', redis: { url: 'redis://127.0.0.1:1' } } })
    const visitor = await Visitor.signedIn(gateway, browser())
    await visitor.goTo('Sessions')
    await visitor.sees(visitor.page.getByRole('alert'))
    await visitor.screenshot('no-sessions')
  })

  it('draws what happened, over each range', async () => {
    const gateway = await BuiltGateway.start()
    const visitor = await Visitor.signedIn(gateway, browser())
    const firstToken = visitor.page.locator('.tile').filter({ hasText: 'First token, p50' })
    await visitor.sees(firstToken.getByText('No stream in the last minute'))
    await gateway.ask('sim/echo', { stream: true })
    await visitor.sees(firstToken.getByText(/p95 [\d.]+ ms/))
    for (const range of ['1 h', 'All', '15 min']) {
      await visitor.page.getByRole('radio', { name: range }).check({ force: true })
      await visitor.sees(visitor.page.getByRole('img', { name: 'Chart: Latency' }))
      await visitor.sees(visitor.page.getByRole('img', { name: 'Chart: First token of streams' }))
    }
    // The first point comes at the end of the interval in which the gateway was started.
    await visitor.sees(visitor.page.locator('.chart canvas'))
  })

  // `UCR_GUIDE_PICTURES=1 npx vitest run --project browser -t guide` paints them again.
  if (process.env['UCR_GUIDE_PICTURES'] !== undefined) {
    it('is painted with a new key for the guide', async () => {
      const gateway = await BuiltGateway.start()
      const visitor = await Visitor.signedIn(gateway, browser())
      await visitor.goTo('Keys')
      await visitor.press('New key')
      await visitor.page.getByLabel('Name').fill('laptop')
      await visitor.press('Make the key')
      await visitor.sees(visitor.page.locator('.secret'))
      await visitor.screenshot('key', GUIDE)
    })

    it('is painted for the guide', async () => {
      const gateway = await BuiltGateway.start()
      const visitor = await Visitor.signedIn(gateway, browser())
      const dark = await Visitor.signedIn(gateway, browser(), DARK)
      const phone = await Visitor.signedIn(gateway, browser(), PHONE)
      await dark.goTo('Providers')
      await phone.goTo('Requests')
      await liveFor(150, gateway)
      await visitor.screenshot('overview', GUIDE)
      await dark.screenshot('providers', GUIDE)
      await phone.screenshot('phone', GUIDE)
    })
  }
})

/** Clients of several kinds, for so many seconds. */
async function liveFor(seconds: number, gateway: BuiltGateway): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    const busy = 2 + Math.round(2 * Math.sin(second / 12))
    const asked = Array.from({ length: busy }, (_, place) =>
      gateway.ask(['sim/echo', 'sim/thinking', 'sim/text?gap=20', 'sim/tool'][place % 4] ?? '', { stream: place > 0 }),
    )
    if (second % 25 === 24) asked.push(gateway.ask('sim/error-500'))
    if (second > seconds - 8) asked.push(gateway.ask('sim/error-503'))
    if (second % 5 === 0) asked.push(gateway.ask('sim/echo', { temperature: 0 }))
    if (second % 7 === 0) asked.push(gateway.ask('sim/echo', {}, { 'x-session-id': `trip-${second % 3}` }))
    await Promise.all([...asked, setTimeout(1000)])
  }
}
