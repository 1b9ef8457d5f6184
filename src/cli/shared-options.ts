import { flag, integer, text } from './command.ts'

/** Options that several commands have, with the same words. */
export const CONFIG = text('-c, --config <file>', 'use this config file', 'file')

export const JSON_OUTPUT = flag('--json', 'print the result as JSON, for scripts')

export const PORT_OF_RUNNING = integer('-p, --port <number>', 'the gateway on this port, where several run', {
  min: 1,
  max: 65_535,
})
