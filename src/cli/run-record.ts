import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson, type JsonValue } from '../lib/json.ts'
import { systemCode } from './failure.ts'
import type { OwnCertificate } from './own-certificate.ts'
import { processIdentity } from './process-identity.ts'
import { openStateFolder, stateFolder, type Person } from './state-folder.ts'

/** What a running gateway leaves behind for `status`, `stop` and `restart`. Holds no secret. */
export interface RunRecord {
  readonly pid: number
  /** `processIdentity` of `pid`: a record whose process is another one by now is stale. */
  readonly identity: string
  readonly port: number
  /** Best first: the one to show. */
  readonly urls: readonly string[]
  readonly version: string
  /** ISO 8601. */
  readonly since: string
  /** Null: it runs without a config file. */
  readonly config: string | null
  /** Null: it runs in the foreground. */
  readonly log: string | null
  /** The working folder it was started in, and the options of `ucr start`, without a key. */
  readonly directory: string
  readonly options: readonly string[]
  /** A key was given on the command line, so that nobody but the user can start it again. */
  readonly keyGiven: boolean
  /** Null: plain HTTP. */
  readonly certificate: OwnCertificate | null
}

const FILE_NAME = /^gateway-\d+\.json$/

const fileName = (port: number) => `gateway-${port}.json`

export async function writeRunRecord(person: Person, record: RunRecord): Promise<void> {
  const folder = await openStateFolder(person)
  const temporary = join(folder, `.${randomBytes(6).toString('hex')}`)
  await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 })
  await rename(temporary, join(folder, fileName(record.port)))
}

/** Removes this process's own record, not that of a gateway which took over the port since. */
export async function removeRunRecord(person: Person, record: RunRecord): Promise<void> {
  const file = join(stateFolder(person), fileName(record.port))
  const current = await readRecord(file)
  if (current?.pid === record.pid) await rm(file, { force: true })
}

/** The gateways of this user that really run, by port. Stale records are removed. */
export async function runningGateways(person: Person): Promise<readonly RunRecord[]> {
  const folder = stateFolder(person)
  const running: RunRecord[] = []
  for (const name of await fileNames(folder)) {
    const file = join(folder, name)
    const record = await readRecord(file)
    if (record === null) continue
    if (await isRunning(record)) running.push(record)
    else await rm(file, { force: true })
  }
  return running.toSorted((a, b) => a.port - b.port)
}

export async function isRunning(record: RunRecord): Promise<boolean> {
  return (await processIdentity(record.pid)) === record.identity
}

async function fileNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => FILE_NAME.test(name))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

async function readRecord(file: string): Promise<RunRecord | null> {
  try {
    return decodeRecord(parseJson(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}

function decodeRecord(value: JsonValue): RunRecord | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  const { pid, port, identity } = value
  if (typeof pid !== 'number' || typeof port !== 'number' || typeof identity !== 'string') return null
  // 0 and negative numbers address whole groups of processes.
  if (!Number.isSafeInteger(pid) || pid < 1) return null
  const text = (field: JsonValue | undefined) => (typeof field === 'string' ? field : null)
  const list = (field: JsonValue | undefined) =>
    Array.isArray(field) ? field.filter((item) => typeof item === 'string') : []
  return {
    pid,
    port,
    identity,
    urls: list(value['urls']),
    version: text(value['version']) ?? '',
    since: text(value['since']) ?? '',
    config: text(value['config']),
    log: text(value['log']),
    directory: text(value['directory']) ?? '',
    options: list(value['options']),
    keyGiven: value['keyGiven'] === true,
    certificate: decodeCertificate(value['certificate']),
  }
}

function decodeCertificate(value: JsonValue | undefined): OwnCertificate | null {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return null
  const { pem, file, guarded } = value
  if (typeof pem !== 'string') return null
  return { pem, file: typeof file === 'string' ? file : null, guarded: guarded === true }
}
