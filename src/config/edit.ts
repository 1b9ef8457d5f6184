import { readFile, realpath, stat } from 'node:fs/promises'
import { applyEdits, findNodeAtLocation, type FormattingOptions, modify } from 'jsonc-parser'
import type { JsonValue } from '../lib/json.ts'
import { ConfigDocument, type Path } from './document.ts'
import { valueAt } from './issues.ts'
import { selectKnown } from './known-keys.ts'
import { errorCode } from './locate.ts'
import { replaceFile } from './private-file.ts'
import { ConfigError, problemWithoutPlace } from './problem.ts'
import { configSchema } from './schema.ts'

/** A provider as `setup`, `providers discover` and `auth login` add it. There is no field for a key's value, on purpose. */
export interface NewProvider {
  readonly id: string
  readonly type: string
  readonly baseUrl?: string
  /** Name of the variable that holds the key: written as `${NAME}`. Without one, the stored credential is used. */
  readonly keyVariable?: string
  readonly models?: readonly string[]
  readonly defaultModel?: string
}

/** A key as `keys create --save` adds it. */
export interface NewKey {
  readonly name: string
  readonly hash: string
  /** What else the config may say of a key. */
  readonly [field: string]: JsonValue
}

/** Turns the text of a config file into another. Comments, order and layout of everything else stay. */
export type ConfigEdit = (document: ConfigDocument) => string

/** Throws ConfigError when there is no such provider. */
export function setProviderEnabled(id: string, enabled: boolean): ConfigEdit {
  return (document) => setMember(document, [...providerPath(document, id), 'enabled'], enabled)
}

/** Throws ConfigError when there is no such provider. */
export function setDefaultModel(id: string, model: string): ConfigEdit {
  return (document) => setMember(document, [...providerPath(document, id), 'defaultModel'], model)
}

/** The provider, or `provider/model`, for names that nothing else knows. */
export function setRouterDefault(target: string): ConfigEdit {
  return (document) => setMember(document, ['router', 'default'], target)
}

/** Throws ConfigError when the id is taken. */
export function addProvider(provider: NewProvider): ConfigEdit {
  return (document) => {
    const providers = valueOf(document, ['providers'])
    const count = Array.isArray(providers) ? providers.length : 0
    if (findProvider(document, provider.id) !== null) {
      const message = `has a provider ${JSON.stringify(provider.id)} already`
      throw refused(document, message, 'choose another id, or remove the old one first')
    }
    const { id, type, baseUrl, keyVariable, models, defaultModel } = provider
    const entry = {
      id,
      type,
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(keyVariable === undefined ? {} : { apiKey: `\${${keyVariable}}` }),
      ...(models === undefined ? {} : { models }),
      ...(defaultModel === undefined ? {} : { defaultModel }),
    }
    if (providers === undefined) return setMember(document, ['providers'], [entry])
    return change(document, ['providers', count], entry, true)
  }
}

/** A key for clients, as an entry of `auth.keys`. Throws ConfigError when the name is taken. */
export function addKey(entry: NewKey): ConfigEdit {
  const { name } = entry
  return (document) => {
    if (findNamed(document, KEYS, 'name', name) !== null) {
      throw refused(document, `has a key ${JSON.stringify(name)} already`, 'choose another name, or revoke the old one')
    }
    const keys = valueOf(document, KEYS)
    if (!Array.isArray(keys)) return setMember(document, KEYS, [entry])
    return change(document, [...KEYS, keys.length], entry, true)
  }
}

/** Throws ConfigError when there is no such key. */
export function removeKey(name: string): ConfigEdit {
  return (document) => {
    const index = findNamed(document, KEYS, 'name', name)
    if (index !== null) return change(document, [...KEYS, index], undefined, false)
    throw refused(document, `has no key ${JSON.stringify(name)}`, '"ucr keys list" shows those that there are')
  }
}

/**
 * Applies the edits to the file in one go, keeping its mode and, where it is a symbolic link, the link. Throws
 * ConfigError when the file cannot be read or is not valid JSON before.
 */
export async function editConfigFile(path: string, ...edits: readonly ConfigEdit[]): Promise<void> {
  try {
    const target = await realpath(path)
    const { mode } = await stat(target)
    const before = await readFile(target, 'utf8')
    let text = before.replace(/^\uFEFF/, '')
    for (const edit of edits) text = edit(new ConfigDocument(path, text))
    if (text !== before) await replaceFile(target, text, mode & 0o777)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const message = `the config file cannot be changed (${errorCode(error)})`
    const fix = 'check that it exists and that you may write to it and to its folder'
    throw new ConfigError([problemWithoutPlace({ severity: 'error', file: path, message, fix })])
  }
}

const KEYS: Path = ['auth', 'keys']

function findProvider(document: ConfigDocument, id: string): number | null {
  return findNamed(document, ['providers'], 'id', id)
}

/** Where in a list the object is whose `member` is `name`. */
function findNamed(document: ConfigDocument, path: Path, member: string, name: string): number | null {
  const list = valueOf(document, path)
  const index = Array.isArray(list) ? list.findIndex((item) => valueAt(item, [member]) === name) : -1
  return index === -1 ? null : index
}

function providerPath(document: ConfigDocument, id: string): Path {
  const index = findProvider(document, id)
  if (index !== null) return ['providers', index]
  throw refused(document, `has no provider ${JSON.stringify(id)}`, '"ucr providers list" shows those that there are')
}

function setMember(document: ConfigDocument, path: Path, value: unknown): string {
  return valueOf(document, path) === value ? document.text : change(document, path, value, false)
}

function change(document: ConfigDocument, path: Path, value: unknown, isArrayInsertion: boolean): string {
  const options = { formattingOptions: layoutOf(document.text), isArrayInsertion }
  const added = isArrayInsertion ? null : addedInLine(document, path, value)
  return added ?? applyEdits(document.text, modify(document.text, [...path], value, options))
}

/** A new key in an object that stands on one line goes onto that line; the library would spread the whole object out. */
function addedInLine({ root, text }: ConfigDocument, path: Path, value: unknown): string | null {
  if (typeof value === 'object') return null
  const parent = findNodeAtLocation(root, path.slice(0, -1))
  const last = parent?.type === 'object' ? parent.children?.at(-1) : undefined
  if (parent === undefined || last === undefined || findNodeAtLocation(root, [...path]) !== undefined) return null
  if (text.slice(parent.offset, parent.offset + parent.length).includes('\n')) return null
  const end = last.offset + last.length
  return `${text.slice(0, end)}, ${JSON.stringify(path.at(-1))}: ${JSON.stringify(value)}${text.slice(end)}`
}

function valueOf(document: ConfigDocument, path: Path): JsonValue | undefined {
  return valueAt(selectKnown(document, configSchema).value, path)
}

/** Indentation and line ends as the file has them. */
function layoutOf(text: string): FormattingOptions {
  const indent = /^(\t+| +)(?=\S)/m.exec(text)?.[1] ?? '  '
  return {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 1 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  }
}

function refused(document: ConfigDocument, message: string, fix: string): ConfigError {
  return new ConfigError([
    problemWithoutPlace({ severity: 'error', file: document.file, message: `the config ${message}`, fix }),
  ])
}
