import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { ConfigError, type ConfigProblem, problemWithoutPlace } from './problem.ts'
import type { Environment } from './variables.ts'

/** How a config file was found. */
export type ConfigPlace = '--config' | 'UCR_CONFIG' | 'user folder' | 'working folder'

export interface FoundConfig {
  /** Absolute. */
  readonly path: string
  readonly place: ConfigPlace
  readonly text: string
}

export interface Lookup {
  /** What `--config` names. */
  readonly path: string | null
  readonly environment: Environment
  readonly cwd: string
  readonly home: string
}

/** The name of a config file everywhere but in the older folder. */
const CONFIG_FILE_NAME = 'ucr.config.json'

/** More is not a config, and must not be read into memory whole. */
const LARGEST = 4 * 1024 * 1024

/** The folder of the user's own config: `$XDG_CONFIG_HOME/ucr`, else `~/.config/ucr`. */
export function configFolder(environment: Environment, home: string): string {
  const xdg = environment['XDG_CONFIG_HOME']
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'ucr')
  const windows = process.platform === 'win32' ? environment['APPDATA'] : undefined
  return windows === undefined || windows === '' ? join(home, '.config', 'ucr') : join(windows, 'ucr')
}

/** Where `setup` and `config init` put a new file. */
export function defaultConfigPath(environment: Environment, home: string): string {
  return join(configFolder(environment, home), CONFIG_FILE_NAME)
}

/**
 * Finds and reads the config file: the one that is named, else the user's own, else the one in the working folder, which
 * counts only when it belongs to the user and nobody else can write to it. A checked-out repository must not be able to
 * redirect somebody's keys by a file that others may change. No file at all is fine.
 *
 * Throws ConfigError when a named file cannot be read, or when a file is no text.
 */
export async function findConfig(lookup: Lookup): Promise<{ found: FoundConfig | null; problems: ConfigProblem[] }> {
  const { environment, cwd, home } = lookup
  const variable = environment['UCR_CONFIG']?.trim() ?? ''
  const named = lookup.path ?? (variable === '' ? null : variable)
  const local = join(cwd, CONFIG_FILE_NAME)
  if (named !== null) {
    const place = lookup.path === null ? 'UCR_CONFIG' : '--config'
    const path = resolve(cwd, named)
    const file = await readConfig(path, place)
    if (file === null) throw missing(path, place)
    return { found: { path, place, text: file.text }, problems: writableByOthers(path, file) }
  }
  for (const path of [defaultConfigPath(environment, home), join(home, '.ucr', 'config.json')]) {
    const file = path === local ? null : await readConfig(path, null)
    if (file === null) continue
    const problems = [...writableByOthers(path, file), ...(await unusedLocal(local, path))]
    return { found: { path, place: 'user folder', text: file.text }, problems }
  }
  const file = await readConfig(local, null)
  if (file === null) return { found: null, problems: [] }
  const reason = await distrust(local, file)
  if (reason !== null) return { found: null, problems: [reason] }
  return { found: { path: local, place: 'working folder', text: file.text }, problems: [] }
}

interface FileContent {
  readonly text: string
  /** Null where the platform has no such thing. */
  readonly owner: number | null
  readonly mode: number
}

async function readConfig(path: string, field: string | null): Promise<FileContent | null> {
  try {
    // Not blocking: a named pipe without a writer would otherwise never open.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const status = await handle.stat()
      if (status.isDirectory())
        throw unreadable(path, field, 'is a folder', `name the file in it: ${join(path, CONFIG_FILE_NAME)}`)
      if (status.size > LARGEST) throw unreadable(path, field, 'is larger than 4 MB', 'name a config file')
      const bytes = await handle.readFile()
      const owner = process.platform === 'win32' ? null : status.uid
      return { text: decode(path, field, bytes), owner, mode: status.mode }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw unreadable(path, field, `cannot be read (${code})`, 'make it readable for you')
  }
}

function decode(path: string, field: string | null, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // What `>` of older PowerShells writes.
    const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe
    throw unreadable(path, field, `is not UTF-8${utf16 ? ' but UTF-16' : ''}`, 'save it as UTF-8')
  }
}

function missing(path: string, field: string): ConfigError {
  const fix = 'correct the path, or write a new config with "ucr setup"'
  return new ConfigError([
    problemWithoutPlace({ severity: 'error', file: path, field, message: 'names a file that does not exist', fix }),
  ])
}

function unreadable(file: string, field: string | null, message: string, fix: string): ConfigError {
  const sentence = field === null ? `the config file ${message}` : `names a file that ${message}`
  return new ConfigError([problemWithoutPlace({ severity: 'error', file, field, message: sentence, fix })])
}

function writableByOthers(path: string, { mode, owner }: FileContent): ConfigProblem[] {
  if (owner === null || (mode & 0o022) === 0) return []
  const message = 'other users of this machine can write to the config file, and so read your keys'
  return [problemWithoutPlace({ severity: 'warning', file: path, message, fix: `chmod go-w ${path}` })]
}

async function distrust(path: string, { mode, owner }: FileContent): Promise<ConfigProblem | null> {
  const user = process.geteuid?.()
  if (owner === null || user === undefined) return null
  const link = await lstat(path)
  const foreign = owner !== user || link.uid !== user
  if (!foreign && (mode & 0o022) === 0) return null
  const message = foreign
    ? 'the config file in this folder is not used, as it belongs to another user'
    : 'the config file in this folder is not used, as other users can write to it'
  const fix = `${foreign ? '' : `chmod go-w ${path}, or `}name it with --config ${path}`
  return problemWithoutPlace({ severity: 'warning', file: path, message, fix })
}

async function unusedLocal(local: string, used: string): Promise<ConfigProblem[]> {
  const exists = await lstat(local).then(
    () => true,
    () => false,
  )
  if (!exists || local === used) return []
  const message = `the config file in this folder is not used, as there is ${used}`
  return [problemWithoutPlace({ severity: 'warning', file: local, message, fix: `name it with --config ${local}` })]
}

/** The system's code of a failed call, for messages: they hold no more than that. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
}
