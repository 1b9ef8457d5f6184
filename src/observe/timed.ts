type Told = (method: string, milliseconds: number) => void

/** The same object, whose methods that give promises are timed. `told` is called whether they succeed or not. */
export function timed<T extends object>(target: T, told: Told, now: () => number): T {
  return new Proxy(target, {
    get(_, name): unknown {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...given: readonly unknown[]): unknown => {
        const startedAt = now()
        const result: unknown = Reflect.apply(member, target, given)
        if (!(result instanceof Promise)) return result
        return result.finally(() => told(String(name), now() - startedAt))
      }
    },
  })
}
