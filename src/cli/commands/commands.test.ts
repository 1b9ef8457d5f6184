import { describe, expect, it } from 'vitest'
import type { CommandNode } from '../command.ts'
import { COMMANDS } from './index.ts'

const nodes = await Promise.all(COMMANDS.map((entry) => entry.load()))

function withChildren(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(withChildren)]
}

describe('COMMANDS', () => {
  it('names and describes each command as its module does', () => {
    expect(COMMANDS.map(({ name, summary }) => ({ name, summary }))).toEqual(
      nodes.map(({ name, summary }) => ({ name, summary })),
    )
  })

  it.each(nodes.flatMap(withChildren).map((node) => [node.name, node] as const))(
    '%s keeps -h for help and -v for the version',
    (_, node) => {
      expect(node.options.filter(({ flags }) => /^-[hv]\b/.test(flags))).toEqual([])
    },
  )

  it('means the same by a short option everywhere', () => {
    const meanings = new Map<string, Set<string>>()
    for (const { flags } of nodes.flatMap(withChildren).flatMap((node) => node.options)) {
      const [short, long] = flags.split(/,? /)
      if (short?.startsWith('--') !== false || long === undefined) continue
      meanings.set(short, (meanings.get(short) ?? new Set()).add(long))
    }
    expect([...meanings.values()].filter((longs) => longs.size > 1)).toEqual([])
  })
})
