import { modelClass } from '../models/aliases.ts'
import type { RouteQuery, TaskType } from './route.ts'
import type { TaskSettings } from './settings.ts'

export type RoutedTask = Exclude<TaskType, 'default'>

/** English words that tell a task where the config asks to look for them, in the order in which they are looked for. */
const KEYWORDS: Readonly<Record<'webSearch' | 'background' | 'think', readonly string[]>> = {
  webSearch: [
    'search for',
    'look up',
    'find information about',
    'what is the latest',
    'current events',
    'recent news',
    'browse',
    'web search',
  ],
  background: ['in the background', 'asynchronously', 'run this later', 'schedule', 'batch process'],
  think: [
    'think about',
    'analyze',
    'reason through',
    'step by step',
    'explain why',
    'reasoning',
    "let's think",
    'chain of thought',
  ],
}

/** The look at the name as a whole costs several expressions, for every request. */
function isHaiku(model: string): boolean {
  return /haiku/i.test(model) && modelClass(model) === 'haiku'
}

/**
 * The tasks that a request is, most demanding first: what only some models can do comes before what any can. Read from
 * what the protocol says; from words only where the config asks for it.
 */
export function detectTasks(query: RouteQuery, settings: TaskSettings): readonly RoutedTask[] {
  const { traits } = query
  const words = settings.keywords ? traits.lastUserText().toLowerCase() : ''
  const says = (task: keyof typeof KEYWORDS): boolean =>
    words !== '' && KEYWORDS[task].some((phrase) => words.includes(phrase))
  const tasks: RoutedTask[] = []
  if (query.tokenCount >= settings.tokenThreshold) tasks.push('longContext')
  if (traits.images) tasks.push('image')
  if (traits.webSearch || says('webSearch')) tasks.push('webSearch')
  if (isHaiku(query.model) || says('background')) tasks.push('background')
  if (traits.thinking || says('think')) tasks.push('think')
  return tasks
}
