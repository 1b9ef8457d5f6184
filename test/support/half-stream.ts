import { askOpen } from './ask.ts'
import type { OpenAnswer } from './ask.ts'
import { SPEAKERS } from './speakers.ts'

const { chat } = SPEAKERS

/** A stream whose vendor has said "Begun, ", and says "ended." when the test lets it. */
export async function begin(url: string): Promise<OpenAnswer> {
  const answer = await askOpen(`${url}${chat.path}`, { body: chat.request('far/gpt-5.5', { stream: true }) })
  await answer.until(({ data }) => data.includes('Begun, '))
  return answer
}

export async function endOf(answer: OpenAnswer): Promise<'whole' | 'cut'> {
  try {
    const events = await answer.until(() => false)
    return events.some(({ data }) => data.includes('ended.')) ? 'whole' : 'cut'
  } catch {
    return 'cut'
  }
}
