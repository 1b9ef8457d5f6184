import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { install } from '../support/install.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The kit with which people test a gateway that runs, each part shortly. */
const KIT = fileURLToPath(new URL('../../tests', import.meta.url))
const KEY = 'a-key-for-the-kit-only'

let url: string
let folder: string

beforeEach(async () => {
  const simulator = await startSimulator()
  onTestFinished(() => simulator.close())
  const gateway = await install({
    auth: { keys: [{ name: 'kit', key: KEY }] },
    providers: [{ id: 'sim', type: 'simulator', baseUrl: simulator.url }],
    models: { sonnet: 'sim/text', broken: 'sim/text?fault=status:500' },
  })
  url = gateway.url
  folder = temporaryFolder()
})

interface Ended {
  readonly code: number | null
  readonly said: string
}

function run(command: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return new Promise<Ended>((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', WRAPPER_URL: url, WRAPPER_API_KEY: KEY, ...environment }
    const child = execFile(command, [...words], { cwd: folder, env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, said: `${stdout}${stderr}` })
    })
  })
}

const node = (script: string, ...words: readonly string[]) => run(process.execPath, [join(KIT, script), ...words])

async function report(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, name), 'utf8'))
}

describe('benchmark.ts', () => {
  it('writes what each kind of request takes', async () => {
    const { code, said } = await node('benchmark.ts', '--iterations', '5')
    expect(code, said).toBe(0)
    const figures = {
      avg: expect.any(Number),
      min: expect.any(Number),
      max: expect.any(Number),
      p95: expect.any(Number),
    }
    expect(await report('benchmark-report.json')).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      benchmarks: {
        'Basic Completion': { ...figures, times: Array.from({ length: 5 }, () => expect.any(Number)) },
        'Session Stats': { ...figures, times: Array.from({ length: 5 }, () => expect.any(Number)) },
      },
      summary: {
        totalBenchmarks: 2,
        fastestOperation: expect.stringMatching(/^(?:Basic Completion|Session Stats)$/),
        slowestOperation: expect.stringMatching(/^(?:Basic Completion|Session Stats)$/),
      },
    })
  })

  it('fails where an answer is none', async () => {
    const { code, said } = await node('benchmark.ts', '--iterations', '5', '--model', 'nobody')
    expect(code).not.toBe(0)
    expect(said).toContain('404')
  })
})

describe('monitor.ts', () => {
  it('counts what the gateway does meanwhile, and what of it fails', async () => {
    const watching = node('monitor.ts', '--seconds', '3', '--interval', '0.5')
    const benchmark = await node('benchmark.ts', '--iterations', '5')
    expect(benchmark.code).toBe(0)
    expect(await watching).toMatchObject({ code: 0 })
    const { summary, detail } = (await report('performance-report.json')) as {
      summary: Record<string, number>
      detail: readonly Record<string, number>[]
    }
    expect(Object.keys(summary)).toEqual(['totalRequests', 'averageResponseTime', 'averageMemoryUsage', 'errorRate'])
    expect(summary['averageMemoryUsage']).toBeGreaterThan(1_000_000)
    expect(detail.length).toBeGreaterThan(2)
    expect(detail.at(-1)?.['requests']).toBeGreaterThanOrEqual(detail[0]?.['requests'] ?? 0)
  })
})

describe('stress-test.sh', () => {
  const environment = { STRESS_SMALL: '8', STRESS_LARGE: '4' }

  it('looks at every answer', async () => {
    const { code, said } = await run('bash', [join(KIT, 'stress-test.sh')], environment)
    expect(code, said).toBe(0)
    expect(said).toMatch(/small: 8 of 8 answered[^]*large: 4 of 4 answered/)
  })

  it('fails where answers are wrong, and says how', async () => {
    const strange = await run('bash', [join(KIT, 'stress-test.sh')], { ...environment, WRAPPER_MODEL: 'broken' })
    expect(strange.code).toBe(1)
    expect(strange.said).toMatch(/small: 0 of 8 answered/)
    const closed = await run('bash', [join(KIT, 'stress-test.sh')], { ...environment, WRAPPER_API_KEY: 'another-key' })
    expect(closed).toMatchObject({ code: 1, said: expect.stringContaining('status 401') })
    const absent = await run('bash', [join(KIT, 'stress-test.sh'), 'http://127.0.0.1:9'], environment)
    expect(absent).toMatchObject({ code: 1, said: expect.stringContaining('No gateway answers') })
  })
})

describe('load-test.yml', () => {
  it('has the phases and weights that are promised', async () => {
    const text = await readFile(join(KIT, 'load-test.yml'), 'utf8')
    const phases = [...text.matchAll(/duration: (\d+), arrivalRate: (\d+)/g)].map(([, seconds, rate]) => [
      seconds,
      rate,
    ])
    expect(phases.slice(0, 3)).toEqual([
      ['60', '10'],
      ['300', '50'],
      ['120', '100'],
    ])
    expect(text).toMatch(/name: basic completion\n +weight: 70/)
    const weights = [...text.matchAll(/weight: (\d+)/g)].map(([, weight]) => Number(weight))
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(100)
  })
})
