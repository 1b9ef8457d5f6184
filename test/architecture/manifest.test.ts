import { describe, expect, it } from 'vitest'
import { filesIn } from './source/project.ts'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** `name@range` of each dependency that is not pinned to one version. */
function unpinned(manifest: Manifest): readonly string[] {
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([, range]) => !/^(?:npm:@?[\w./-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(range))
    .map(([name, range]) => `${name}@${range}`)
}

describe('dependencies', () => {
  it('are pinned to one version in every package.json', () => {
    const manifests = filesIn('', 'package.json')
    expect(manifests.map(({ path }) => path)).toContain('package.json')
    expect(manifests.flatMap(({ text }) => unpinned(JSON.parse(text) as Manifest))).toEqual([])
  })
})

describe('unpinned()', () => {
  it.each(['^1.2.3', '~1.2.3', '1.x', '*', 'latest', '>=1.2.3', 'file:../a', '1.2'])('names %s', (range) => {
    expect(unpinned({ devDependencies: { a: range } })).toEqual([`a@${range}`])
  })

  it.each(['1.2.3', '2.0.0-beta.1', 'npm:openai@5.1.0', 'npm:@anthropic-ai/sdk@0.70.0'])('takes %s', (range) => {
    expect(unpinned({ dependencies: { a: range } })).toEqual([])
  })
})
