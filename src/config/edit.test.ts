import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { ConfigDocument } from './document.ts'
import {
  addKey,
  addProvider,
  type ConfigEdit,
  editConfigFile,
  removeKey,
  setDefaultModel,
  setProviderEnabled,
  setRouterDefault,
} from './edit.ts'
import { ConfigError } from './problem.ts'

const TEXT = `{
  // The vendors.
  "providers": [
    { "id": "work", "type": "anthropic", "apiKey": "\${ANTHROPIC_API_KEY}" }, // the good one
    {
      "id": "gpt", /* the other */
      "type": "openai",
      "enabled": false
    }, // with a trailing comma
  ],
  "models": { "fast": "gpt/x" } // last
}
`

const edited = (text: string, edit: ConfigEdit): string => edit(new ConfigDocument('ucr.config.json', text))

/** Lines of `after` that `before` does not have, and the other way round. */
function difference(before: string, after: string) {
  const [old, now] = [before.split('\n'), after.split('\n')]
  return { gone: old.filter((line) => !now.includes(line)), come: now.filter((line) => !old.includes(line)) }
}

describe('setProviderEnabled()', () => {
  it('changes one word and nothing else', () => {
    expect(difference(TEXT, edited(TEXT, setProviderEnabled('gpt', true)))).toEqual({
      gone: ['      "enabled": false'],
      come: ['      "enabled": true'],
    })
  })

  it('adds the key where it is missing, on the same line where the provider has one', () => {
    expect(difference(TEXT, edited(TEXT, setProviderEnabled('work', false)))).toEqual({
      gone: ['    { "id": "work", "type": "anthropic", "apiKey": "${ANTHROPIC_API_KEY}" }, // the good one'],
      come: [
        '    { "id": "work", "type": "anthropic", "apiKey": "${ANTHROPIC_API_KEY}", "enabled": false }, // the good one',
      ],
    })
    expect(difference(TEXT, edited(TEXT, setDefaultModel('gpt', 'x')))).toEqual({
      gone: ['      "enabled": false'],
      come: ['      "enabled": false,', '      "defaultModel": "x"'],
    })
  })

  it('changes nothing when it is so already', () => {
    expect(edited(TEXT, setProviderEnabled('gpt', false))).toBe(TEXT)
  })

  it('names a provider that is not there', () => {
    expect(() => edited(TEXT, setProviderEnabled('nobody', true))).toThrow('the config has no provider "nobody"')
  })
})

describe('setDefaultModel()', () => {
  it('takes model names with slashes', () => {
    const text = edited(TEXT, setDefaultModel('gpt', 'a/b/c'))
    expect(text).toContain('"defaultModel": "a/b/c"')
    expect(edited(text, setDefaultModel('gpt', 'd'))).toContain('"defaultModel": "d"')
  })
})

describe('setRouterDefault()', () => {
  it('adds the object where it is missing, and keeps the comment behind the last key', () => {
    const text = edited(TEXT, setRouterDefault('gpt/x'))
    expect(text).toContain('"default": "gpt/x"')
    expect(text).toContain('// last')
    expect(edited('{}', setRouterDefault('gpt'))).toBe('{\n  "router": {\n    "default": "gpt"\n  }\n}')
  })
})

describe('addProvider()', () => {
  const local = { id: 'ollama', type: 'ollama', baseUrl: 'http://127.0.0.1:11434', models: ['qwen3'] }

  it('appends to the list, and keeps every comment', () => {
    const text = edited(TEXT, addProvider(local))
    for (const line of TEXT.split('\n').filter((each) => each.includes('//') || each.includes('/*'))) {
      expect(text).toContain(/\/[/*].*/.exec(line)?.[0])
    }
    const document = new ConfigDocument('c.json', text)
    expect(document.root.children?.[0]?.children?.[1]?.children).toHaveLength(3)
    expect(text).toContain('"id": "ollama"')
  })

  it('makes the list where there is none', () => {
    expect(edited('{ "server": {} }', addProvider({ id: 'work', type: 'anthropic' }))).toContain('"providers": [')
    expect(edited('{ "providers": [] }', addProvider({ id: 'work', type: 'anthropic' }))).toContain('"id": "work"')
  })

  it('writes a key as the name of its variable', () => {
    const text = edited(
      '{}',
      addProvider({ id: 'gpt', type: 'openai', keyVariable: 'OPENAI_API_KEY', defaultModel: 'gpt-5.5' }),
    )
    expect(JSON.parse(text)).toEqual({
      providers: [{ id: 'gpt', type: 'openai', apiKey: '${OPENAI_API_KEY}', defaultModel: 'gpt-5.5' }],
    })
  })

  it('refuses an id that is taken', () => {
    expect(() => edited(TEXT, addProvider({ id: 'gpt', type: 'openai' }))).toThrow('has a provider "gpt" already')
  })

  it.each([
    ['tabs', '{\n\t"providers": []\n}', '\n\t\t{'],
    ['four spaces', '{\n    "providers": []\n}', '\n        {'],
    ['Windows line ends', '{\r\n  "providers": []\r\n}', '\r\n    {'],
  ])('writes %s where the file has them', (_, text, expected) => {
    expect(edited(text, addProvider({ id: 'gpt', type: 'openai' }))).toContain(expected)
  })
})

describe('addKey() and removeKey()', () => {
  const hash = `sha256:${'0'.repeat(64)}`

  it('add a key where there is none, and behind others', () => {
    const one = edited('{}', addKey({ name: 'me', hash }))
    const two = edited(one, addKey({ name: 'you', hash }))
    expect(JSON.parse(two)).toEqual({
      auth: {
        keys: [
          { name: 'me', hash },
          { name: 'you', hash },
        ],
      },
    })
  })

  it('remove one, and keep the others and their comments', () => {
    const text = `{ "auth": { "keys": [\n  { "name": "me", "hash": "${hash}" }, // mine\n  { "name": "you", "hash": "${hash}" } // yours\n] } }`
    const after = edited(text, removeKey('me'))
    expect(after).toContain('"you"')
    expect(after).toContain('// yours')
    expect(after).not.toContain('"me"')
  })

  it('refuse a name that is taken, and one that is not there', () => {
    const text = edited('{}', addKey({ name: 'me', hash }))
    expect(() => edited(text, addKey({ name: 'me', hash }))).toThrow('has a key "me" already')
    expect(() => edited(text, removeKey('you'))).toThrow('has no key "you"')
  })
})

describe('editConfigFile()', () => {
  function file(text = TEXT, mode = 0o600) {
    const folder = temporaryFolder()
    const path = join(folder, 'ucr.config.json')
    writeFileSync(path, text)
    chmodSync(path, mode)
    return { folder, path }
  }

  it('applies several edits in one go, and leaves nothing else behind', async () => {
    const { folder, path } = file()
    await editConfigFile(path, setProviderEnabled('gpt', true), setRouterDefault('gpt'))
    expect(readFileSync(path, 'utf8')).toContain('"enabled": true')
    expect(readFileSync(path, 'utf8')).toContain('"default": "gpt"')
    expect(readdirSync(folder)).toEqual(['ucr.config.json'])
  })

  it.skipIf(process.platform === 'win32').each([0o600, 0o640, 0o644])('keeps mode %o', async (mode) => {
    const { path } = file(TEXT, mode)
    await editConfigFile(path, setProviderEnabled('gpt', true))
    expect(statSync(path).mode & 0o777).toBe(mode)
  })

  it('keeps a symbolic link, and changes what it names', async () => {
    const { folder, path } = file()
    const link = join(folder, 'link.json')
    symlinkSync(path, link)
    await editConfigFile(link, setProviderEnabled('gpt', true))
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(path, 'utf8')).toContain('"enabled": true')
  })

  it('leaves references to variables as they are', async () => {
    const { path } = file()
    await editConfigFile(path, setProviderEnabled('work', false))
    expect(readFileSync(path, 'utf8')).toContain('"${ANTHROPIC_API_KEY}"')
  })

  it('does not write when nothing changes', async () => {
    const { path } = file()
    const { ino } = statSync(path)
    await editConfigFile(path, setProviderEnabled('gpt', false))
    expect(statSync(path).ino).toBe(ino)
  })

  it('leaves the file alone when one of the edits is refused, or when it is no JSON', async () => {
    const { path } = file()
    await expect(editConfigFile(path, setProviderEnabled('gpt', true), setDefaultModel('x', 'y'))).rejects.toThrow(
      ConfigError,
    )
    expect(readFileSync(path, 'utf8')).toBe(TEXT)
    const broken = file('{ "providers": [ }')
    await expect(editConfigFile(broken.path, setProviderEnabled('gpt', true))).rejects.toThrow('needs a value here')
    expect(readFileSync(broken.path, 'utf8')).toBe('{ "providers": [ }')
  })

  it('says so when there is no file', async () => {
    const path = join(temporaryFolder(), 'nope.json')
    await expect(editConfigFile(path, setRouterDefault('gpt'))).rejects.toThrow(
      'the config file cannot be changed (ENOENT)',
    )
  })
})
