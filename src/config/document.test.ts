import { describe, expect, it } from 'vitest'
import { ConfigDocument, formatPath } from './document.ts'
import { ConfigError, type ConfigProblem } from './problem.ts'

function problemsOf(text: string): readonly ConfigProblem[] {
  try {
    expect(new ConfigDocument('ucr.config.json', text).text).toBe(text)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('ConfigDocument', () => {
  it('takes comments and trailing commas', () => {
    expect(problemsOf('// a\n{ /* b */ "a": [1, 2,], }')).toEqual([])
  })

  it.each([
    ['{ "a": 1 "b": 2 }', 1, 10, 'needs a comma before this'],
    ['{\n  "a": tru\n}', 2, 8, 'has a word here that is not JSON'],
    ['{\n  "a": "x\n}', 2, 8, 'has a text here that does not end'],
    ["{ 'a': 1 }", 1, 3, 'has a word here that is not JSON'],
    ['{ "a" 1 }', 1, 7, 'needs a colon here'],
    ['{ "a": }', 1, 8, 'needs a value here'],
    ['{ a: 1 }', 1, 3, 'has a word here that is not JSON'],
    ['{ "a": [1, 2', 1, 13, 'ends inside a list'],
    ['{ "a": 1', 1, 9, 'ends inside an object'],
    ['{} {}', 1, 4, 'goes on behind its end'],
    ['{ "a": 1 /* }', 1, 10, 'ends inside a comment'],
    ['{ "a": "\\x" }', 1, 8, 'has a broken escape here'],
    ['{ "a": "\\u12" }', 1, 8, 'has a broken \\u escape here'],
    ['{ "a": 1. }', 1, 8, 'has a number here that is not complete'],
    ['{ "a": "b\tc" }', 1, 8, 'has a control character here'],
    ['', 1, 1, 'is empty'],
    ['  // only a comment\n', 1, 1, 'is empty'],
  ])('says what is wrong with %j, and where', (text, line, column, message) => {
    expect(problemsOf(text)[0]).toMatchObject({
      severity: 'error',
      file: 'ucr.config.json',
      line,
      column,
      message: `the file ${message}`,
    })
  })

  it('has a fix for every mistake of syntax but an incomplete number', () => {
    for (const text of ['{ "a": 1 "b": 2 }', '{ "a": tru }', '{ "a" 1 }', '', '{', '{} {}', '{ "a": "\\x" }']) {
      expect(problemsOf(text)[0]?.fix).toBeTruthy()
    }
  })

  it('reports mistakes in several lines, but one for each line', () => {
    const problems = problemsOf('{\n  "a": tru,\n  "b": fals,\n  "c": 1\n}')
    expect(problems.map(({ line }) => line)).toEqual([2, 3])
  })

  it('refuses a key that is given twice, and says where the first is', () => {
    expect(
      problemsOf('{\n  "server": {},\n  "providers": [{ "id": "a", "id": "b" }],\n  "server": {}\n}'),
    ).toMatchObject([
      { line: 3, column: 30, field: 'providers[0].id', message: 'is given twice, first in line 3' },
      { line: 4, column: 3, field: 'server', message: 'is given twice, first in line 2' },
    ])
  })

  it.each(['[', '{"a":'])('refuses 100000 nested %j without running out of stack', (opening) => {
    expect(problemsOf(opening.repeat(100_000))).toMatchObject([
      { message: 'the file is nested more than 64 levels deep' },
    ])
  })

  it('refuses what is just too deep', () => {
    expect(problemsOf(`${'['.repeat(66)}${']'.repeat(66)}`)).toHaveLength(1)
    expect(problemsOf(`${'['.repeat(60)}${']'.repeat(60)}`)).toEqual([])
  })
})

describe('ConfigDocument.problemAt()', () => {
  const document = new ConfigDocument('c.json', '{\n  "server": {\n    "port": "x"\n  },\n  "list": [1]\n}')
  const parts = { severity: 'error', message: 'm', fix: null } as const

  it('stands at a value', () => {
    expect(document.problemAt(['server', 'port'], parts, { reveal: true })).toMatchObject({
      line: 3,
      column: 13,
      field: 'server.port',
      excerpt: { text: '    "port": "x"', start: 12, length: 3 },
    })
  })

  it('stands at a name', () => {
    expect(document.problemAt(['server', 'port'], parts, { onName: true })).toMatchObject({ line: 3, column: 5 })
  })

  it('stands at the brace of the object where something is missing', () => {
    expect(document.problemAt(['server', 'host'], parts)).toMatchObject({
      line: 2,
      column: 13,
      field: 'server.host',
      excerpt: { length: 1 },
    })
    expect(document.problemAt(['router', 'x', 'y'], parts)).toMatchObject({ line: 1, column: 1, field: 'router.x.y' })
  })

  it('marks only the beginning of an object or a list', () => {
    expect(document.problemAt(['list'], parts).excerpt).toMatchObject({ length: 1 })
  })
})

describe('formatPath()', () => {
  it.each([
    [[], 'the config'],
    [['providers', 1, 'type'], 'providers[1].type'],
    [['models', 'claude-*', 'targets', 0], 'models["claude-*"].targets[0]'],
    [['models', 'k'.repeat(60)], 'models["…"]'],
  ])('writes %j as %s', (path, expected) => {
    expect(formatPath(path)).toBe(expected)
  })
})
