/** Words under which anything could be, so that nothing is found there. */
const VAGUE = new Set(['util', 'utils', 'helper', 'helpers', 'manager', 'service', 'handler', 'misc'])

/** Files are found by guessing their names: nouns in kebab-case, named after their main export. */
export function isGoodFileName(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return (
    /^[a-z\d]+(?:-[a-z\d]+)*(?:\.test|\.contract|\.d)?\.[a-z]+$/.test(name) &&
    !name.split(/[.-]/).some((word) => VAGUE.has(word))
  )
}
