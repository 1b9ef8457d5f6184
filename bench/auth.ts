import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Authenticator } from '../src/admission/authenticate.ts'
import { TokenVerifier } from '../src/admission/jwt.ts'
import type { IssuerSettings } from '../src/admission/jwt.ts'
import { KeyRing } from '../src/admission/key-ring.ts'
import { generateKey, hashKey, maskKey } from '../src/admission/keys.ts'
import { configuredKey } from '../src/admission/virtual-key.ts'
import type { VirtualKey } from '../src/admission/virtual-key.ts'
import { claimsAt, issuerOf, keySet, signed, signingKey } from '../test/support/tokens.ts'
import { measure, measureSync } from './measure.ts'

/**
 * What it costs to make and to check a key and a token, in milliseconds, against what was promised. Cold: the first one of
 * a process, by the clock, with whatever has to be loaded for it; the median of several processes. Warm: CPU time of one
 * of many.
 */
interface Row {
  readonly work: string
  readonly milliseconds: number
  readonly goal: number
}

const GOALS = { generation: 3, validation: 0.5, token: 2 } as const
const PROCESSES = 9
const KEYS = 10_000
const ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'] as const
const SECRET = 'a secret of at least 32 characters!'

const [what] = process.argv.slice(2)
if (what === undefined) await report()
else process.stdout.write(String(await cold(what)))

async function report(): Promise<void> {
  const rows: Row[] = []
  const add = (work: string, goal: number, milliseconds: number): void => {
    rows.push({ work, milliseconds, goal })
    const verdict = milliseconds <= goal ? 'reached' : 'missed'
    process.stdout.write(`${work}: ${milliseconds.toFixed(4)} ms (goal ${goal} ms: ${verdict})\n`)
  }
  add('key generation, cold', GOALS.generation, inProcesses('generation'))
  add('key generation, warm', GOALS.generation, measureSync(() => hashKey(generateKey())) / 1000)
  add('key validation, cold', GOALS.validation, inProcesses('validation'))
  const { authenticator, key } = withKeys(KEYS)
  const headers = { authorization: `Bearer ${key}` }
  add(
    `key validation, warm, one of ${KEYS} keys`,
    GOALS.validation,
    measureSync(() => authenticator.authenticate(headers)) / 1000,
  )
  const stranger = { authorization: `Bearer ${generateKey()}` }
  add(
    'key validation, warm, an unknown key',
    GOALS.validation,
    measureSync(() => refused(authenticator, stranger)) / 1000,
  )
  for (const algorithm of ALGORITHMS) {
    add(`token validation ${algorithm}, cold`, GOALS.token, inProcesses(algorithm))
    const { open, tokens } = await withTokens(algorithm, 4000)
    let at = 0
    // Each time one that the verifier has not seen: what it remembers is emptied by being another one.
    let { verifier } = open()
    const unseen = async (): Promise<unknown> => {
      if (at % tokens.length === 0) verifier = open().verifier
      const token = tokens[at++ % tokens.length] ?? ''
      return verifier.verify(token, token)
    }
    add(
      `token validation ${algorithm}, warm, a token that was not seen before`,
      GOALS.token,
      (await measure(unseen)) / 1000,
    )
    const seen = open()
    const [token = ''] = tokens
    const bearer = { authorization: `Bearer ${token}` }
    await seen.authenticator.authenticate(bearer)
    add(
      `token validation ${algorithm}, warm, a token that was seen before`,
      GOALS.token,
      measureSync(() => seen.authenticator.authenticate(bearer)) / 1000,
    )
  }
  process.stdout.write(
    `wrong keys that begin like a right one, against others: |t| = ${leak().toFixed(2)} (no leak: below 4.5)\n`,
  )
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, 'auth.json'), `${JSON.stringify({ node: process.version, rows }, null, 1)}\n`)
}

/** Median milliseconds of the first one of a process. */
function inProcesses(work: string): number {
  const times = Array.from({ length: PROCESSES }, () =>
    Number(execFileSync(process.execPath, [import.meta.filename, work], { encoding: 'utf8' })),
  )
  return times.toSorted((a, b) => a - b)[Math.floor(PROCESSES / 2)] ?? Number.NaN
}

/** In this process, which has done nothing before. */
async function cold(work: string): Promise<number> {
  if (work === 'generation') return timed(() => hashKey(generateKey()))
  if (work === 'validation') {
    const { authenticator, key } = withKeys(1)
    return timed(() => authenticator.authenticate({ authorization: `Bearer ${key}` }))
  }
  const algorithm = ALGORITHMS.find((name) => name === work)
  if (algorithm === undefined) throw new Error(`${work} is none of the things that are measured`)
  const { open, tokens } = await withTokens(algorithm, 1)
  const { authenticator, verifier } = open()
  // As the gateway does when it starts.
  await verifier.prepare()
  return timed(() => authenticator.authenticate({ authorization: `Bearer ${tokens[0]}` }))
}

async function timed(step: () => unknown): Promise<number> {
  const start = performance.now()
  await step()
  return performance.now() - start
}

function withKeys(count: number): { readonly authenticator: Authenticator; readonly key: string } {
  const ring = new KeyRing(() => Date.now())
  const secrets = Array.from({ length: count }, () => generateKey())
  ring.adoptStored(secrets.map((secret, index) => keyOf(`key ${index}`, secret)))
  return { authenticator: new Authenticator(ring, { tokens: null, required: true }), key: secrets.at(-1) ?? '' }
}

function keyOf(name: string, secret: string): VirtualKey {
  const rules = { name, owner: null, models: null, routes: null, rateLimit: null, claudeTools: [], expiresAt: null }
  return configuredKey({ ...rules, disabled: false, metadata: {} }, hashKey(secret), maskKey(secret))
}

async function withTokens(algorithm: (typeof ALGORITHMS)[number], count: number) {
  const { issuer, sign } = await issuerWith(algorithm)
  const now = Date.now()
  const tokens: string[] = []
  for (let index = 0; index < count; index++) tokens.push(await sign(claimsAt(now, { jti: String(index) })))
  const open = () => {
    const verifier = new TokenVerifier([issuer], {
      readKeySet: async (place) => (place.kind === 'inline' ? place.text : ''),
      wallClock: () => Date.now(),
      now: () => performance.now(),
      refused: () => {},
      unreadable: () => {},
    })
    const ring = new KeyRing(() => Date.now())
    return { verifier, authenticator: new Authenticator(ring, { tokens: verifier, required: true }) }
  }
  return { open, tokens }
}

async function issuerWith(algorithm: (typeof ALGORITHMS)[number]): Promise<{
  readonly issuer: IssuerSettings
  readonly sign: (claims: ReturnType<typeof claimsAt>) => Promise<string>
}> {
  if (algorithm === 'HS256') {
    const { SignJWT } = await import('jose')
    return {
      issuer: issuerOf({ trust: { kind: 'secret', secret: SECRET, algorithms: ['HS256'] } }),
      sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: algorithm }).sign(Buffer.from(SECRET)),
    }
  }
  const key = await signingKey('one', algorithm)
  const from = { kind: 'inline', text: keySet(key) } as const
  return {
    issuer: issuerOf({ trust: { kind: 'keys', from, algorithms: [algorithm] } }),
    sign: (claims) => signed(claims, key),
  }
}

function refused(authenticator: Authenticator, headers: { readonly authorization: string }): boolean {
  try {
    void authenticator.authenticate(headers)
    return false
  } catch {
    return true
  }
}

/** The median of several runs: what else the machine does shows in each of them. */
function leak(): number {
  return Array.from({ length: 5 }, welch).toSorted((a, b) => a - b)[2] ?? Number.NaN
}

/** Do wrong keys that begin like a right one take another time than any others? Welch's t of 100 000 of each kind. */
function welch(): number {
  const { authenticator, key } = withKeys(100)
  // Many of each kind, and every text made in the same way: what differs is where they begin to.
  const pools = [key.length - 6, 4].map((shared) =>
    Array.from({ length: 1000 }, () => {
      const text = key.slice(0, shared) + generateKey().slice(shared)
      return { authorization: Buffer.from(`Bearer ${text}`).toString('latin1') }
    }),
  )
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < 110_000; round++) {
    // By lot, so that no rhythm of the machine falls on one kind.
    const kind = Math.random() < 0.5 ? 0 : 1
    const headers = pools[kind]?.[round % 1000] ?? { authorization: '' }
    const start = process.hrtime.bigint()
    refused(authenticator, headers)
    const taken = Number(process.hrtime.bigint() - start)
    if (round >= 10_000) times[kind].push(taken)
  }
  // What the collector and the scheduler did is no property of a key.
  const [a, b] = times.map((list) => list.toSorted((x, y) => x - y).slice(0, Math.floor(list.length * 0.9)))
  return Math.abs(difference(a ?? [], b ?? []))
}

function difference(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]): number => list.reduce((sum, each) => sum + each, 0) / list.length
  const variance = (list: readonly number[], middle: number): number =>
    list.reduce((sum, each) => sum + (each - middle) ** 2, 0) / (list.length - 1)
  const [meanA, meanB] = [mean(a), mean(b)]
  return (meanA - meanB) / Math.sqrt(variance(a, meanA) / a.length + variance(b, meanB) / b.length)
}
