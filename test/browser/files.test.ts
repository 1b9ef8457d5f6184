import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from '../support/ask.ts'
import { RawClient } from '../support/raw-client.ts'
import { BuiltGateway } from './built-gateway.ts'

/** Ways to leave the folder, and names that are none. */
const TRAVERSALS = [
  '/dashboard/assets/../index.html',
  '/dashboard/assets/../../ucr.js',
  '/dashboard/assets/..%2findex.html',
  '/dashboard/assets/%2e%2e%2f%2e%2e%2fucr.js',
  '/dashboard/assets/%252e%252e%252findex.html',
  '/dashboard/assets/..\\index.html',
  '/dashboard/assets/..%5cindex.html',
  '/dashboard/assets//etc/passwd',
  '/dashboard/assets/%2fetc%2fpasswd',
  '/dashboard//assets/index.js',
  '/dashboard/assets/',
  '/dashboard/assets/.git',
  '/dashboard/.git/config',
  '/dashboard/files.json',
  '/dashboard/index.html',
  '/dashboard/assets/index.js%00.css',
  '/dashboard/assets/__proto__',
  `/dashboard/assets/${'a'.repeat(4000)}`,
]

async function rawStatus(port: number, path: string): Promise<number> {
  const client = await RawClient.open(port)
  onTestFinished(() => client.destroy())
  client.send(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
  const text = await client.all()
  return Number(text.split(' ', 2)[1])
}

describe('the files of the dashboard, of the program as it is published', () => {
  it('are those that the page names, and no path leads to others', async () => {
    const gateway = await BuiltGateway.start()
    const page = await ask(gateway.dashboard, { headers: { accept: 'text/html,*/*;q=0.8' } })
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    const names = [...page.text.matchAll(/(?:src|href)="(\/dashboard\/[^"]+)"/g)].map(([, path = '']) => path)
    expect(names).toHaveLength(2)
    for (const name of names) {
      const { status, headers } = await ask(`${gateway.url}${name}`)
      expect(status).toBe(200)
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
    // Nothing inline, which its own policy would forbid.
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/)
    expect(page.text).not.toContain(gateway.token)

    const { port } = new URL(gateway.url)
    for (const path of TRAVERSALS) {
      const status = await rawStatus(Number(port), path)
      expect({ path, isRefused: status === 404 || status === 400 }).toEqual({ path, isRefused: true })
    }
  })

  it('are not shown to programs, who get figures', async () => {
    const gateway = await BuiltGateway.start()
    const answer = await ask(gateway.dashboard)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.json()).toHaveProperty('overview.status')
  })
})
