import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { UserMachine } from '../support/ucr-process.ts'

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url))
const UNIT = readFileSync(join(DEPLOY, 'systemd', 'ucr.service'), 'utf8')
const CAN_ANALYZE = spawnSync('systemd-analyze', ['--version']).status === 0

interface Ecosystem {
  readonly apps: readonly { readonly script: string; readonly args: readonly string[] }[]
}

/** Starts the gateway with these words, on a port that is free. */
async function serves(words: readonly string[]): Promise<void> {
  const machine = await UserMachine.create()
  onTestFinished(() => machine.close())
  await machine.writeConfig({ server: { port: 0 }, providers: [{ id: 'sim', type: 'simulator' }] })
  const gateway = machine.start(words)
  const [, url] = await gateway.printed(/listening on (\S+)/)
  expect((await fetch(`${url}/health/ready`)).status).toBe(200)
}

describe('deploy/systemd/ucr.service', () => {
  it.skipIf(!CAN_ANALYZE)(CAN_ANALYZE ? 'is what systemd takes' : 'skipped: there is no systemd-analyze', () => {
    const file = join(temporaryFolder(), 'ucr.service')
    // The program and its user are there once somebody has installed them.
    writeFileSync(file, UNIT.replace('/usr/bin/ucr ', '/bin/true ').replaceAll(/^(?:User|Group)=.*\n/gm, ''))
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it('starts the gateway', async () => {
    const command = /^ExecStart=\/usr\/bin\/ucr (.*)$/m.exec(UNIT)?.[1] ?? ''
    await serves(command.replace('/etc/ucr/', '').split(' '))
  })
})

describe('deploy/pm2/ecosystem.config.cjs', () => {
  it('starts the gateway', async () => {
    const { apps } = createRequire(import.meta.url)(join(DEPLOY, 'pm2', 'ecosystem.config.cjs')) as Ecosystem
    expect(apps.map(({ script }) => script)).toEqual(['ucr'])
    await serves(apps[0]?.args ?? [])
  })
})
