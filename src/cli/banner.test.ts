import { describe, expect, it } from 'vitest'
import { bannerText, type BannerOptions } from './banner.ts'
import type { Channel } from './terminal.ts'

const CHANNEL: Channel = { line() {}, write() {}, paint: (_, text) => text, columns: 100, colours: false }

const OPTIONS: BannerOptions = {
  version: '1.2.3',
  urls: ['http://127.0.0.1:3000', 'http://[::1]:3000'],
  config: '/home/me/ucr.config.json',
  claude: null,
  providers: [
    { id: 'work', name: 'Anthropic', source: 'config file', models: 1, simulator: false },
    { id: 'sim', name: 'Simulator (no real model)', source: 'config file', models: 20, simulator: true },
  ],
  keyNeeded: false,
  model: 'claude-haiku-4-5',
}

describe('bannerText()', () => {
  it('says where an installed claude is, and nothing where there is none', () => {
    expect(bannerText({ ...OPTIONS, claude: '/usr/bin/claude' }, CHANNEL)).toContain('found at /usr/bin/claude')
    expect(bannerText(OPTIONS, CHANNEL)).not.toContain('found at')
  })

  it('says where, whom and what to paste', () => {
    const text = bannerText(OPTIONS, CHANNEL)
    expect(text).toContain('listening on http://127.0.0.1:3000\n  listening on http://[::1]:3000')
    expect(text).toContain('  dashboard http://127.0.0.1:3000/dashboard\n')
    expect(text).toContain('config /home/me/ucr.config.json')
    expect(text).toMatch(/work +Anthropic +config file +1 model\n/)
    expect(text).toMatch(/sim +Simulator \(no real model\) +config file +20 models/)
    expect(text).toContain('ANTHROPIC_BASE_URL=http://127.0.0.1:3000 ANTHROPIC_AUTH_TOKEN=ucr-local claude\n')
    expect(text).not.toContain('No vendor was found')
  })

  it('has a place for the key where one is needed', () => {
    const text = bannerText({ ...OPTIONS, keyNeeded: true }, CHANNEL)
    expect(text).toContain("ANTHROPIC_AUTH_TOKEN='your key' claude")
    expect(text).toContain("OPENAI_API_KEY='your key'")
    expect(text).toContain("-H 'authorization: Bearer your key'")
  })

  it('says plainly that only the simulator is there, and asks claude for its model', () => {
    const text = bannerText({ ...OPTIONS, providers: OPTIONS.providers.slice(1), model: 'sim/echo' }, CHANNEL)
    expect(text).toContain('No vendor was found')
    expect(text).toContain('claude --model sim/echo')
  })

  it('lets no name of a vendor write to the terminal', () => {
    const provider = { id: 'x\u001B[2J', name: 'y\u0007', source: 'z\r', models: 0, simulator: false }
    expect(bannerText({ ...OPTIONS, providers: [provider] }, CHANNEL)).not.toMatch(/[\u001B\u0007\r]/)
  })
})
