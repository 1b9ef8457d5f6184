// Writes docs/reference/cli.md from the commands themselves: `npm run docs`.
// With `--check` it writes nothing and fails when the file is not what it would write.
import { COMMANDS } from '../src/cli/commands/index.ts'
import { EXIT_CODE_MEANINGS } from '../src/cli/exit-code.ts'
import { command as wrapper, EXIT_CODES } from '../src/cli/wrapper/command.ts'
import { formatted, settle } from './generated-file.mjs'

/** @typedef {import('../src/cli/command.ts').CommandNode} CommandNode */

settle(
  'docs/reference/cli.md',
  formatted(`${render(await Promise.all(COMMANDS.map((entry) => entry.load())))}\n${alias()}`),
)

/** @param {readonly CommandNode[]} commands */
function render(commands) {
  const sections = commands.flatMap((command) => section(command, 'ucr', 2))
  return `# The \`ucr\` command

<!-- Written by scripts/cli-doc.mjs from src/cli/commands. Do not edit. -->

What \`ucr <command> --help\` shows, on one page.

\`ucr --help\` (\`-h\`) lists the commands, \`ucr --version\` (\`-v\`) prints the version.

| command | what it does |
| --- | --- |
${commands.map(({ name, summary }) => `| [\`ucr ${name}\`](#ucr-${name}) | ${cell(summary)} |`).join('\n')}

Results go to standard output, everything else to standard error. Colours are used only on a terminal; \`NO_COLOR\` turns
them off and \`FORCE_COLOR\` on.

## Exit codes

| code | meaning |
| --- | --- |
${EXIT_CODE_MEANINGS.map(([code, meaning]) => `| ${code} | ${cell(meaning)} |`).join('\n')}

\`ucr code\` ends with the exit code of \`claude\`.

${sections.join('\n')}`
}

/** The command of the predecessor that was a wrapper of Claude Code. */
function alias() {
  return `## claude-wrapper, wrapper

${wrapper.summary}. \`wrapper\` is another name for it. [The guide](../guide/wrapper.md) says what it does.

${body(wrapper, wrapper.name).join('\n')}
| exit code | meaning |
| --- | --- |
${EXIT_CODES.map(([code, meaning]) => `| ${code} | ${cell(meaning)} |`).join('\n')}
`
}

/** @param {CommandNode} node @param {string} parent @param {number} level @returns {string[]} */
function section(node, parent, level) {
  const path = `${parent} ${node.name}`
  const parts = [`${'#'.repeat(level)} ${path}\n`, `${node.summary}.\n`, ...body(node, path)]
  return [...parts, ...node.commands.flatMap((command) => section(command, path, level + 1))]
}

/** @param {CommandNode} node @param {string} path @returns {string[]} */
function body(node, path) {
  /** @type {string[]} */
  const parts = []
  if (node.execute !== null) parts.push(`\`\`\`sh\n${usage(node, path)}\n\`\`\`\n`)
  const lines = [
    ...node.arguments.map(({ name, description }) => row(name, description)),
    ...node.options.map(({ flags, description }) => row(flags, description)),
  ]
  if (lines.length > 0) {
    parts.push(`| | |\n| --- | --- |\n${lines.join('\n')}\n`)
  }
  if (node.examples.length > 0) {
    const examples = node.examples.map(([line, meaning]) => `# ${meaning}\n${line}`)
    parts.push(`\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n`)
  }
  return parts
}

/** @param {CommandNode} node @param {string} path */
function usage(node, path) {
  const words = node.arguments.map(({ name }) => name)
  if (node.options.length > 0) words.unshift('[options]')
  return [path, ...words].join(' ')
}

/** @param {string} name @param {string} description */
function row(name, description) {
  return `| \`${name}\` | ${cell(description)} |`
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
