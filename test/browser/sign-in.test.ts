import { expect, it } from 'vitest'
import { BuiltGateway } from './built-gateway.ts'
import { describeInBrowser } from './in-browser.ts'
import { Visitor } from './visitor.ts'

describeInBrowser('signing in at /dashboard', (browser) => {
  it('takes the admin token, keeps it in this tab only, and lets go of it', async () => {
    const gateway = await BuiltGateway.start()
    const visitor = await Visitor.at(gateway, browser())
    await visitor.seesText('ucr dashboard')
    await visitor.screenshot('sign-in')
    await visitor.signIn('ucr_admin_not-the-token')
    await visitor.seesText('The gateway does not take this token.')
    await visitor.screenshot('sign-in-wrong')

    await visitor.signIn(gateway.token)
    await visitor.sees(visitor.heading('Overview'))
    await visitor.seesText('Healthy')
    expect(await visitor.leaks(gateway.token)).toBe(false)

    await visitor.page.reload()
    await visitor.sees(visitor.heading('Overview'))
    await visitor.page.getByRole('button', { name: 'Sign out' }).click()
    await visitor.sees(visitor.heading('Sign in'))
    expect(await visitor.page.evaluate<number>('sessionStorage.length')).toBe(0)
    await visitor.page.reload()
    await visitor.sees(visitor.heading('Sign in'))
  })

  it('takes the token of a link, and takes it out of the address', async () => {
    const gateway = await BuiltGateway.start()
    const visitor = await Visitor.at(gateway, browser(), undefined, `#token=${gateway.token}`)
    await visitor.sees(visitor.heading('Overview'))
    expect(visitor.page.url()).toBe(gateway.dashboard)
    expect(await visitor.leaks(gateway.token)).toBe(false)
  })

  it('says that the gateway is gone, and asks for the token again when it no longer counts', async () => {
    const gateway = await BuiltGateway.start()
    const visitor = await Visitor.signedIn(gateway, browser())
    await gateway.stop()
    await visitor.seesText('Connection lost.')
    await visitor.seesText(/What is shown is from \d\d:\d\d:\d\d/)
    await visitor.seesText('Not up to date')
    await visitor.seesText(/Next try in \d+ s/)
    await visitor.screenshot('connection-lost')
    expect(await visitor.barriers()).toEqual([])

    await gateway.startWithOtherToken()
    await visitor.sees(visitor.heading('Sign in'))
    await visitor.seesText('The gateway no longer takes the token. Sign in again.')
    await visitor.signIn(gateway.token)
    await visitor.sees(visitor.heading('Overview'))
  })
})
