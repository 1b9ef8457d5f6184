import packageJson from '../../package.json' with { type: 'json' }

export const VERSION: string = packageJson.version

/** `>=22.19.0` as `22.19.0`. */
export const OLDEST_NODE: string = packageJson.engines.node.replace(/^>=\s*/, '')

/** True when `version` (`v22.19.0` or `22.19.0`) is at least `floor`. */
export function isAtLeast(version: string, floor: string): boolean {
  const have = numbers(version)
  for (const [index, wanted] of numbers(floor).entries()) {
    const part = have[index] ?? 0
    if (part !== wanted) return part > wanted
  }
  return true
}

function numbers(version: string): number[] {
  return version
    .replace(/^v/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0)
}
