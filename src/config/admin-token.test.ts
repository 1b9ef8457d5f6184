import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { openAdminToken, readAdminToken } from './admin-token.ts'

describe('openAdminToken()', () => {
  it('makes a token that only its owner can read, and finds it again', async () => {
    const folder = join(temporaryFolder(), 'state')
    expect(await readAdminToken(folder)).toBeNull()
    const token = await openAdminToken(folder)
    expect(token).toMatch(/^ucr_admin_[0-9A-Za-z]{38}$/)
    expect(statSync(join(folder, 'admin.token')).mode & 0o777).toBe(0o600)
    expect(await openAdminToken(folder)).toBe(token)
    expect(await readAdminToken(folder)).toBe(token)
  })

  it('is one for all that ask for it at once', async () => {
    const folder = temporaryFolder()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => openAdminToken(folder)))
    expect(new Set(tokens).size).toBe(1)
  })

  it('takes one that its user has put there', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'admin.token'), 'a-token-of-my-own-0123\n')
    chmodSync(join(folder, 'admin.token'), 0o600)
    expect(await openAdminToken(folder)).toBe('a-token-of-my-own-0123')
  })

  it.each(['', 'short', 'two words of some length'])('takes %j for damaged, and leaves it', async (content) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'admin.token'), content)
    await expect(openAdminToken(folder)).rejects.toThrow('is damaged')
    await expect(readAdminToken(folder)).rejects.toThrow('is damaged')
    expect(readFileSync(join(folder, 'admin.token'), 'utf8')).toBe(content)
  })
})
