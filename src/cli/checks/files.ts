import { readFile, stat } from 'node:fs/promises'
import { CredentialStore, storeLocation } from '../../config/credentials.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { ConfigError } from '../../config/problem.ts'
import type { Surroundings } from '../command.ts'
import type { Finding } from './finding.ts'
import { Failure, reasonOf } from '../failure.ts'
import { openStateFolder } from '../state-folder.ts'

/** Who may read what: the config with keys in it, the stored credentials, the folder of running gateways. */
export async function checkFiles(loaded: LoadedConfig | null, surroundings: Surroundings): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    loaded === null ? null : checkSecrecy(loaded),
    checkStore(surroundings),
    checkStateFolder(surroundings),
  ])
  const found = findings.filter((finding) => finding !== null)
  return found.length > 0
    ? found
    : [{ check: 'files', status: 'ok', message: 'only you can read your keys', fix: null }]
}

async function checkSecrecy({ path, config }: LoadedConfig): Promise<Finding | null> {
  if (path === null || process.platform === 'win32') return null
  const [{ mode }, text] = await Promise.all([stat(path), readFile(path, 'utf8')])
  const inClear = config.providers.some(({ apiKey }) => apiKey !== null && apiKey !== '' && text.includes(apiKey))
  if ((mode & 0o044) === 0 || !inClear) return null
  const message = `other users of this machine can read the keys in ${path}`
  return {
    check: 'files',
    status: 'warning',
    message,
    fix: `chmod 600 ${path}, or write "\${VARIABLE}" in their place`,
  }
}

async function checkStore({ environment, home }: Surroundings): Promise<Finding | null> {
  try {
    await new CredentialStore(storeLocation(environment, home)).list()
    return null
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [problem] = error.problems
    const place = problem?.file ? ` (${problem.file})` : ''
    return { check: 'files', status: 'error', message: `${problem?.message ?? ''}${place}`, fix: problem?.fix ?? null }
  }
}

async function checkStateFolder(surroundings: Surroundings): Promise<Finding | null> {
  try {
    await openStateFolder(surroundings)
    return null
  } catch (error) {
    const fix = error instanceof Failure ? error.fix : 'make it writable for you'
    return { check: 'files', status: 'error', message: reasonOf(error), fix }
  }
}
