import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { generate, install, provider, recordOf, vendorOf } from '../support/install.ts'
import { SPEAKERS, saying } from '../support/speakers.ts'

const { chat } = SPEAKERS

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number }
  readonly targets?: readonly { readonly expr: string }[]
}

const dashboard = JSON.parse(readFileSync(new URL('../../deploy/grafana/ucr.json', import.meta.url), 'utf8')) as {
  readonly panels: readonly Panel[]
}
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** What a gateway tells that has done something, and failed at something. */
async function metrics(): Promise<string> {
  let calls = 0
  const upstream = await vendorOf((asked, reply) =>
    calls++ === 0 ? reply.answer(500, JSON.stringify(chat.error('later'))) : saying(chat, 'Hello')(asked, reply),
  )
  const gateway = await install({
    providers: [provider('far', chat, `http://localhost:${upstream.port}`)],
    sessions: { store: 'memory' },
  })
  for (const more of [{}, { stream: true }]) {
    const answer = await generate(gateway, chat, `far/${chat.model}`, more)
    await recordOf(gateway, answer.headers['x-request-id'])
  }
  await ask(`${gateway.url}${chat.path}`, { body: '{' })
  await gateway.logged((line) => line['errorCode'] === 'invalid_json')
  return (await ask(`${gateway.url}/metrics`)).text
}

describe('deploy/grafana/ucr.json', () => {
  it('asks for nothing that the gateway does not tell, with no label that it does not have', async () => {
    const text = await metrics()
    expect(queries.length).toBeGreaterThan(30)
    for (const query of queries) {
      const names = query.match(/\b(?:ucr|process)_[a-z_0-9]+/g) ?? []
      expect(names.length, query).toBeGreaterThan(0)
      for (const name of names) expect(text, query).toMatch(new RegExp(`^${name}[{ ]`, 'm'))
      // Prometheus adds the instance, and the buckets of a histogram are by `le`.
      const labels = [...query.matchAll(/by \((\w+)\)|(\w+)=~?"/g)].map(([, by, is]) => by ?? is ?? '')
      for (const label of labels.filter((each) => each !== 'instance')) {
        expect(
          names.some((name) => new RegExp(`^${name}\\{[^}]*\\b${label}="`, 'm').test(text)),
          query,
        ).toBe(true)
      }
      expect(query.match(/\(/g)?.length).toBe(query.match(/\)/g)?.length)
    }
  })

  it('has a place of its own for each panel', () => {
    const { panels } = dashboard
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24)
      return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`)
    })
    expect(new Set(cells).size).toBe(cells.length)
  })
})
