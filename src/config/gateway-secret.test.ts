import { mkdtemp, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openGatewaySecret } from './gateway-secret.ts'

const folder = () => mkdtemp(join(tmpdir(), 'ucr-secret-'))

describe('openGatewaySecret()', () => {
  it('makes a secret that only its owner can read, and finds it again', async () => {
    const at = join(await folder(), 'state')
    const secret = await openGatewaySecret(at)
    expect(secret).toHaveLength(32)
    expect((await stat(join(at, 'gateway.secret'))).mode & 0o777).toBe(0o600)
    expect(await openGatewaySecret(at)).toEqual(secret)
  })

  it('does not replace a damaged file', async () => {
    const at = await folder()
    await writeFile(join(at, 'gateway.secret'), 'short')
    await expect(openGatewaySecret(at)).rejects.toThrow('is damaged')
  })
})
