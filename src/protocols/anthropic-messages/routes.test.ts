import { describe, expect, it } from 'vitest'
import { claims, ROUTES } from './routes.ts'

describe('ROUTES', () => {
  it('need a key, but for the greeting', () => {
    expect(ROUTES.filter((route) => route.public).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'HEAD /api/hello',
    ])
  })

  it('own each path once', () => {
    const paths = ROUTES.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(paths).size).toBe(paths.length)
  })
})

describe('claims()', () => {
  it('knows clients of this protocol by their version header', () => {
    expect(claims({ 'anthropic-version': '2023-06-01' })).toBe(true)
    expect(claims({ authorization: 'Bearer x' })).toBe(false)
  })
})
