import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { processIdentity } from './process-identity.ts'
import { removeRunRecord, runningGateways, writeRunRecord, type RunRecord } from './run-record.ts'
import { stateFolder } from './state-folder.ts'
import { stopGateway } from './stop-gateway.ts'

let home = ''
const person = () => ({ environment: {}, home })

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'run-record-'))
})

afterEach(() => rm(home, { recursive: true }))

async function recordOf(pid: number, changes: Partial<RunRecord> = {}): Promise<RunRecord> {
  return {
    pid,
    identity: (await processIdentity(pid)) ?? 'none',
    port: 3000,
    urls: ['http://127.0.0.1:3000'],
    version: '1.2.3',
    since: '2026-01-01T00:00:00.000Z',
    config: null,
    log: null,
    directory: '/',
    options: ['--port', '3000'],
    certificate: null,
    keyGiven: false,
    ...changes,
  }
}

/** A process that does nothing until it is told to end; `trap` makes it deaf to that. */
async function sleeper(deaf = false) {
  const script = `${deaf ? "process.on('SIGTERM', () => {});" : ''} setInterval(() => {}, 1e6); process.send('up')`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await once(child, 'message')
  return { child, pid: child.pid ?? 0, ended: once(child, 'exit') }
}

describe('runningGateways()', () => {
  it('finds what was recorded, in a folder that only its owner can enter', async () => {
    const record = await recordOf(process.pid)
    await writeRunRecord(person(), record)
    expect(await runningGateways(person())).toEqual([record])
    expect((await stat(stateFolder(person()))).mode & 0o777).toBe(0o700)
    await removeRunRecord(person(), record)
    expect(await runningGateways(person())).toEqual([])
  })

  it('knows by its start time that a number belongs to another process now, and forgets the record', async () => {
    await writeRunRecord(person(), await recordOf(process.pid, { identity: '1@some-boot' }))
    expect(await runningGateways(person())).toEqual([])
    expect(await readdir(stateFolder(person()))).toEqual([])
  })

  it.each([['{'], ['null'], ['{"pid":-1,"port":1,"identity":"x"}'], ['{"pid":0,"port":1,"identity":"x"}']])(
    'ignores a record that says %s',
    async (text) => {
      await writeRunRecord(person(), await recordOf(process.pid))
      await writeFile(join(stateFolder(person()), 'gateway-1.json'), text)
      expect(await runningGateways(person())).toHaveLength(1)
    },
  )

  it('is empty where there is no folder yet', async () => {
    expect(await runningGateways(person())).toEqual([])
  })
})

describe('removeRunRecord()', () => {
  it('leaves the record of a gateway that took over the port', async () => {
    const { child, pid, ended } = await sleeper()
    const successor = await recordOf(pid)
    await writeRunRecord(person(), successor)
    await removeRunRecord(person(), await recordOf(process.pid))
    expect(await runningGateways(person())).toEqual([successor])
    child.kill('SIGKILL')
    await ended
  })
})

describe('stopGateway()', () => {
  it('ends the process and waits until it is gone', async () => {
    const { pid, ended } = await sleeper()
    expect(await stopGateway(await recordOf(pid), 5000, false)).toBe(true)
    expect(await ended).toEqual([null, 'SIGTERM'])
  })

  it('signals nobody when the number belongs to another process', async () => {
    const { child, pid, ended } = await sleeper()
    expect(await stopGateway(await recordOf(pid, { identity: '1@some-boot' }), 5000, true)).toBe(true)
    expect(child.exitCode).toBeNull()
    child.kill('SIGKILL')
    expect(await ended).toEqual([null, 'SIGKILL'])
  })

  it('gives up on a process that does not end, and kills it when forced', async () => {
    const { pid, ended } = await sleeper(true)
    const record = await recordOf(pid)
    expect(await stopGateway(record, 0, false)).toBe(false)
    expect(await stopGateway(record, 0, true)).toBe(true)
    expect(await ended).toEqual([null, 'SIGKILL'])
  })
})

describe('processIdentity()', () => {
  it('is the same each time for one process, and null for none', async () => {
    expect(await processIdentity(process.pid)).toBe(await processIdentity(process.pid))
    const { child, pid, ended } = await sleeper()
    child.kill('SIGKILL')
    await ended
    expect(await processIdentity(pid)).toBeNull()
  })
})
