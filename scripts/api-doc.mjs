// Writes docs/reference/api.md from the declarations of what src/index.ts exports. With `--check`: fails when the page is
// not what it would write.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, normalize } from 'node:path'
import { ROOT } from './bootstrap.mjs'
import { formatted, settle } from './generated-file.mjs'

const INTRODUCTION = `# The library

<!-- Written by scripts/api-doc.mjs from src/index.ts. Do not edit. -->

The gateway is also a library, for programs that want it inside: \`import { createGateway } from 'universal-claude-router'\`.
These are all its exports. Whatever else the package holds may change at any time.
`

settle('docs/reference/api.md', formatted(render()))

function render() {
  const declarations = emitDeclarations()
  const door = declarations.get('index.d.ts') ?? ''
  const example = /@example\n((?: \*.*\n)+?) \*\//.exec(door)?.[1]?.replaceAll(/^ \* ?/gm, '') ?? ''
  const sections = [...door.matchAll(/^export (?:type )?\{([^}]+)\} from '(.+)';$/gm)].flatMap(
    ([, names = '', from = '']) => names.split(',').map((name) => section(name.trim(), from, declarations)),
  )
  return [INTRODUCTION, example, ...sections].join('\n')
}

/**
 * @param {string} name
 * @param {string} from
 * @param {ReadonlyMap<string, string>} declarations
 */
function section(name, from, declarations) {
  const text = declarations.get(normalize(from).replace(/\.ts$/, '.d.ts')) ?? ''
  const comments = String.raw`(?:^/\*\*(?:(?!\*/)[^])*\*/\n)?`
  const block = String.raw`^export (?:declare )?(?:abstract )?(?:interface|class) ${name}\b[^]*?^\}`
  const line = String.raw`^export (?:declare )?(?:function|type|const) ${name}\b[^]*?;$`
  const declaration = new RegExp(`${comments}(?:${block}|${line})`, 'm').exec(text)?.[0]
  if (declaration === undefined) throw new Error(`${from} declares no ${name}`)
  const [, comment = '', code = ''] = /^(?:\/\*\*([^]*?)\*\/\n)?(export [^]*)$/.exec(declaration) ?? []
  const prose = comment.replaceAll(/^\s*\* ?/gm, '').trim()
  const shown = code.replaceAll(/^export (?:declare )?/gm, '').replaceAll(/^ +#private;\n/gm, '')
  return `## \`${name}\`\n\n${prose}\n\n\`\`\`ts\n${shown}\n\`\`\`\n`
}

/** Texts of all declaration files that the public door leads to, by their paths from src/. */
function emitDeclarations() {
  const folder = mkdtempSync(join(tmpdir(), 'ucr-api-'))
  try {
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    const project = join(ROOT, 'scripts', 'tsconfig.types.json')
    const printed = execFileSync(process.execPath, [compiler, '-p', project, '--outDir', folder, '--listEmittedFiles'])
    const files = [...printed.toString().matchAll(/^TSFILE: (.+\.d\.ts)$/gm)].map(([, file = '']) => file)
    return new Map(files.map((file) => [file.slice(join(folder, 'src').length + 1), readFileSync(file, 'utf8')]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
