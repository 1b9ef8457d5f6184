import { importsOf } from './source/imports.ts'
import { type Comment, maskSource } from './source/mask.ts'
import { isTest, type SourceFile } from './source/project.ts'

/** Something no file it applies to may do. */
export interface Rule {
  readonly name: string
  /** What the reader of a failing test should know. */
  readonly why: string
  appliesTo(path: string): boolean
  breaks(source: RuleSource): boolean
  /** Texts that break the rule, and near misses that do not. */
  readonly samples: { readonly bad: readonly string[]; readonly good: readonly string[] }
}

interface RuleSource {
  readonly text: string
  /** Without comments and the insides of strings. */
  readonly code: string
  readonly comments: readonly Comment[]
}

const MOST_LINES = 500

/** In pieces, so that this file does not break its own rule. */
const [LINUX_HOMES, MAC_HOMES, ROOT_HOME, WINDOWS_HOMES] = ['/home', '/Users', '/root', String.raw`C:\Users`] as const

const inDashboard = (path: string): boolean => path.startsWith('dashboard/src/')
const inProgram = (path: string): boolean => path.startsWith('src/') && !isTest(path)
const inFolders =
  (...folders: readonly string[]) =>
  (path: string): boolean =>
    inProgram(path) && folders.some((folder) => path.startsWith(`src/${folder}/`))

export const RULES: readonly Rule[] = [
  {
    name: 'named exports only',
    why: 'a default export has another name at each place that imports it',
    appliesTo: (path) => path.startsWith('src/') || inDashboard(path),
    breaks: ({ code }) => /\bexport\s+default\b|\bas\s+default\b/.test(code),
    samples: {
      bad: ['export default function a() {}', 'const a = 1\nexport { a as default }'],
      good: ["const a = 'export default'", '// export default', 'export const defaults = {}', "import a from 'a'"],
    },
  },
  {
    name: 'no any',
    why: '`unknown` and a check say the same without switching the compiler off',
    appliesTo: (path) => path.startsWith('src/') || path.startsWith('test/') || inDashboard(path),
    breaks: ({ code }) =>
      /:\s*any\b(?!\s*[(.])|\b(?:as|extends|satisfies)\s+any\b|<\s*any\b|,\s*any\s*(?:>|\[)|[^|]\|\s*any\b|\bany\s*\[\s*\]|\btype\b[^=\n]*=\s*any\b/.test(
        code,
      ),
    samples: {
      bad: [
        'let a: any',
        'const a = b as any',
        'type A = any',
        'type A = Record<string, any>',
        'function a(b: any[]) {}',
        'const a: Promise<any> = b',
        'type A = string | any',
        'type A = Map<any, string>',
      ],
      good: [
        "type A = 'any'",
        'AbortSignal.any([a])',
        'const a = { any: 1 }',
        '// takes any: number',
        'let anything: Any',
        'accept(name, any)',
        'const a = any',
      ],
    },
  },
  {
    name: 'no switched-off checks',
    why: 'a check that is wrong here is changed for everybody, in its configuration and with a reason',
    appliesTo: (path) => /^(?:src|test|scripts|bench|dashboard)\//.test(path),
    breaks: ({ comments }) =>
      comments.some(({ text }) => /@ts-(?:ignore|nocheck)|(?:eslint|oxlint)-disable/.test(text)),
    samples: {
      bad: ['// @ts-ignore', '/* eslint-disable no-console */', '// oxlint-disable-next-line eqeqeq', '// @ts-nocheck'],
      good: ["const a = '@ts-ignore'", '// @ts-check'],
    },
  },
  {
    name: `at most ${MOST_LINES} lines`,
    why: 'a file is one noun; a longer one is two',
    appliesTo: (path) => (inProgram(path) || inDashboard(path)) && /\.tsx?$/.test(path),
    breaks: ({ text }) => text.split('\n').length > MOST_LINES + 1,
    samples: {
      bad: ['a\n'.repeat(MOST_LINES + 1)],
      good: ['a\n'.repeat(MOST_LINES)],
    },
  },
  {
    name: 'no console outside the command line',
    why: 'the program reports through its Observer; standard output belongs to the commands',
    appliesTo: (path) => inProgram(path) && !path.startsWith('src/cli/'),
    breaks: ({ code }) => /\bconsole\s*\.|[=(,]\s*console\b/.test(code),
    samples: {
      bad: ["console.log('a')", 'const log = console', 'log(console)'],
      good: ["const a = 'console.log'", '// console.log(a)', 'const consoleOfAdmin = 1'],
    },
  },
  {
    name: 'push, not pull, where requests flow',
    why: 'fetch, Web Streams and async generators cost several times as much per chunk, and hide backpressure',
    appliesTo: inFolders('exchange', 'protocols', 'upstream', 'server'),
    breaks: ({ code }) =>
      /(?<![.\w])fetch\s*\(|\b(?:Readable|Writable|Transform)Stream\b|\basync\s*(?:function\s*)?\*|\bfor\s+await\b/.test(
        code,
      ),
    samples: {
      bad: [
        'await fetch(url)',
        'new ReadableStream()',
        'new TransformStream()',
        'async function* a() {}',
        'class A { async *b() {} }',
        'for await (const chunk of body) {}',
      ],
      good: ['pool.fetch(url)', '// fetch(url)', 'prefetch(url)', 'async function a() {}', 'function* a() {}', 'a * b'],
    },
  },
  {
    name: 'no shell',
    why: 'arguments go to a program as a list; a shell reads them again, and a user wrote some of them',
    appliesTo: inProgram,
    breaks: ({ text, code }) =>
      importsOf(text).some(({ specifier }) => specifier === 'node:child_process') &&
      /\b(?:exec|execSync)\b|\bshell\s*:(?!\s*false\b)|\*\s+as\b/.test(code),
    samples: {
      bad: [
        "import { exec } from 'node:child_process'",
        "import { execSync as run } from 'node:child_process'",
        "import * as processes from 'node:child_process'",
        "import { spawn } from 'node:child_process'\nspawn('a', [], { shell: true })",
        "import { spawn } from 'node:child_process'\nspawn('a', [], { shell: '/bin/sh' })",
      ],
      good: [
        "import { execFile, spawn } from 'node:child_process'\nspawn('a', [], { shell: false })",
        '/a/.exec(text)',
        'const options = { shell: true }',
      ],
    },
  },
  {
    name: 'codecs are pure',
    why: 'what a codec needs of time, chance and environment comes in as an argument, so that the same bytes come out',
    appliesTo: inFolders('canonical', 'protocols'),
    breaks: ({ code }) =>
      /\bDate\.now\b|\bnew\s+Date\s*(?:\(\s*\)|;|$)|\bMath\.random\b|\bperformance\.|\bprocess\.|\brandom(?:UUID|Bytes|Int)\b|\bset(?:Timeout|Interval|Immediate)\b/m.test(
        code,
      ),
    samples: {
      bad: [
        'const created = Date.now()',
        'const created = new Date()',
        'Math.random()',
        'performance.now()',
        'process.env.HOME',
        "import { randomUUID } from 'node:crypto'",
        'setTimeout(a, 1)',
      ],
      good: ['new Date(seconds * 1000)', '// Date.now()', "const a = 'Math.random'", 'const preprocess = 1'],
    },
  },
  {
    name: 'no environment variables below the configuration',
    why: 'settings enter through the configuration and the command line, where they are documented',
    appliesTo: (path) => inProgram(path) && !/^src\/(?:cli|config)\/|^src\/gateway\.ts$/.test(path),
    breaks: ({ code }) => /\bprocess\s*\.\s*env\b/.test(code),
    samples: {
      bad: ["const key = process.env['OPENAI_API_KEY']"],
      good: ['// process.env', 'child.process.environment'],
    },
  },
  {
    name: 'no state in modules',
    why: 'everything enters through createGateway(), so that two gateways in one process share nothing',
    appliesTo: (path) => inProgram(path) || inDashboard(path),
    breaks: ({ code }) =>
      /^(?:export\s+)?(?:let|var)\b/m.test(code) ||
      /^(?:export\s+)?const\s+\w+\s*(?::\s*(?:Map|Set|WeakMap|WeakSet|LRUCache)\b[^=]*)?=\s*new\s+(?:Map|Set|WeakMap|WeakSet|LRUCache)\b[^\n]*\(\s*\)/m.test(
        code,
      ),
    samples: {
      bad: [
        'let count = 0',
        'export let count = 0',
        'const cache = new Map<string, number>()',
        'const a: Set<string> = new Set()',
      ],
      good: ['  let count = 0', "const names = new Set(['a'])", 'const EMPTY: ReadonlyMap<string, string> = new Map()'],
    },
  },
  {
    name: 'the page knows only what the gateway tells',
    why: 'the dashboard takes the types of its contract from the gateway, and no code, which would be there twice',
    appliesTo: inDashboard,
    breaks: ({ text }) =>
      importsOf(text).some(({ specifier, kind }) => specifier.includes('../src/') && kind !== 'type'),
    samples: {
      bad: ["import { KEPT_POINTS } from '../../../src/observe/series-recorder.ts'"],
      good: [
        "import type { Overview } from '../../../src/observe/overview.ts'",
        "import { Page } from '../data/page.ts'",
      ],
    },
  },
  {
    name: 'no markup from texts',
    why: 'what others wrote is shown as a text, whatever it looks like',
    appliesTo: inDashboard,
    breaks: ({ code }) =>
      /\bdangerouslySetInnerHTML\b|\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write\b/.test(code),
    samples: {
      bad: [
        '<p dangerouslySetInnerHTML={{ __html: name }} />',
        'host.innerHTML = name',
        "host.insertAdjacentHTML('a', b)",
      ],
      good: ['<p>{name}</p>', 'host.textContent = name', '// innerHTML'],
    },
  },
  {
    name: 'no paths of one machine',
    why: 'they work for nobody else',
    appliesTo: () => true,
    breaks: ({ text }) =>
      /(?<![\w.~}-])\/(?:home|Users)\/(?!(?:me|you|user|someone|alice|bob)\b)\w|(?<![\w.~}-])\/(?:root|work)\/[\w.]|\b[A-Z]:\\Users\\\w/.test(
        text,
      ),
    samples: {
      bad: [
        `see ${LINUX_HOMES}/jane/notes.md`,
        `const a = '${ROOT_HOME}/.config'`,
        `cd ${MAC_HOMES}/jane`,
        String.raw`${WINDOWS_HOMES}\jane`,
      ],
      good: ['~/.config/ucr', '/home/you/project', 'https://example.com/home/page', '/etc/ucr.json', '${root}/work/a'],
    },
  },
]

/** The rules that a file breaks, as sentences. */
export function ruleViolations({ path, text }: SourceFile): readonly string[] {
  const rules = RULES.filter((rule) => rule.appliesTo(path))
  if (rules.length === 0) return []
  const source = sourceOf(text)
  return rules.filter((rule) => rule.breaks(source)).map((rule) => `${path} breaks "${rule.name}": ${rule.why}`)
}

export function sourceOf(text: string): RuleSource {
  return { text, ...maskSource(text) }
}
