import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { PageFiles } from './page-files.ts'
import { assetRoute, pageAnswer } from './page-routes.ts'
import type { PlainAnswer, StreamedAnswer } from './plain-route.ts'

/** What a build writes, and beside it something that it does not list. */
function build(folder: string): void {
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(folder, 'index.html'), '<!doctype html>')
  writeFileSync(join(folder, 'assets', 'a-1.js'), 'one()')
  writeFileSync(join(folder, 'assets', 'secret.txt'), 'secret')
  const files = [
    { name: 'index.html', type: 'text/html; charset=utf-8' },
    { name: 'assets/a-1.js', type: 'text/javascript; charset=utf-8' },
  ]
  writeFileSync(join(folder, 'files.json'), JSON.stringify(files))
}

function asset(files: PageFiles, name: string): Promise<PlainAnswer | StreamedAnswer> {
  const request = { id: '', path: '', query: '', params: { name }, headers: {}, body: Buffer.alloc(0), principal: null }
  return assetRoute(files).answer(request)
}

describe('PageFiles', () => {
  it('finds what the build lists, and nothing else', async () => {
    const folder = temporaryFolder()
    build(folder)
    const files = new PageFiles([join(folder, 'elsewhere'), folder])
    expect((await files.find('index.html'))?.body.toString()).toBe('<!doctype html>')
    expect((await files.find('assets/a-1.js'))?.type).toBe('text/javascript; charset=utf-8')
    for (const name of ['assets/secret.txt', 'files.json', 'assets/../index.html', '__proto__', 'constructor', '']) {
      expect(await files.find(name)).toBeUndefined()
    }
  })

  it('says that nothing was built, and sees when it was', async () => {
    const folder = temporaryFolder()
    const files = new PageFiles([folder])
    expect(await files.find('index.html')).toBeNull()
    const answer = await pageAnswer(files)
    expect(answer.status).toBe(503)
    expect(answer.body).toContain('npm run build')
    build(folder)
    expect((await pageAnswer(files)).status).toBe(200)
  })
})

describe('the answers', () => {
  it('let nothing in that is not ours, and are kept where their name says what is in them', async () => {
    const folder = temporaryFolder()
    build(folder)
    const files = new PageFiles([folder])
    const page = await pageAnswer(files)
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(page.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-cache',
    })
    const script = await asset(files, 'a-1.js')
    expect(script.headers['cache-control']).toContain('immutable')
    await expect(asset(files, 'b-2.js')).rejects.toMatchObject({ code: 'route_not_found' })
    await expect(asset(files, '../index.html')).rejects.toMatchObject({ code: 'route_not_found' })
  })
})
