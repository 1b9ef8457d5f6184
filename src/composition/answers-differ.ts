import type { Config } from '../config/config.ts'

/** Whether the same request may be answered otherwise, or no longer, under the other config. */
export function answersDiffer(before: Config, after: Config): boolean {
  return whatAnswers(before) !== whatAnswers(after)
}

function whatAnswers({ providers, discover, routing, keys, plan, strict }: Config): string {
  const { models, ...rules } = routing
  return JSON.stringify([providers, discover, rules, models === null ? null : [...models], keys, plan, strict])
}
