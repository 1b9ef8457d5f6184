import { maskSource } from './source/mask.ts'

/** The names that a module exports. `export *` is none: the public door lists what it lets out. */
export function exportedNames(text: string): readonly string[] {
  const { code } = maskSource(text)
  const names = new Set<string>()
  for (const [, name = ''] of code.matchAll(
    /\bexport\s+(?:declare\s+)?(?:async\s+)?(?:abstract\s+)?(?:function|class|const|interface|type)\s+(\w+)/g,
  )) {
    names.add(name)
  }
  for (const [, list = ''] of code.matchAll(/\bexport\s+(?:type\s+)?\{([^}]*)\}/g)) {
    for (const item of list.split(',')) {
      const name = item.trim().split(/\s+/).at(-1) ?? ''
      if (name !== '') names.add(name)
    }
  }
  return [...names].toSorted()
}

/** The names that a reference page has a section for: headings like "### `createGateway(options)`". */
export function documentedNames(markdown: string): readonly string[] {
  const headings = markdown.matchAll(/^#{2,4} `(\w+)/gm)
  return [...new Set([...headings].map(([, name = '']) => name))].toSorted()
}
