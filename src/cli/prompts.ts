import { isCancel, type CANCEL_SYMBOL } from '@clack/prompts'
import { EXIT } from './exit-code.ts'
import { Failure } from './failure.ts'

/** The answer to a question; Ctrl-C and Escape end the command. */
export function answered<Value>(answer: Value | typeof CANCEL_SYMBOL): Value {
  if (isCancel(answer)) throw new Failure('Cancelled; nothing was changed.', { exitCode: EXIT.cancelled })
  return answer
}
