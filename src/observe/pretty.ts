import { styleText } from 'node:util'
import { parseJson } from '../lib/json.ts'
import type { JsonValue } from '../lib/json.ts'

type Fields = Readonly<Record<string, JsonValue>>

const COLORS = {
  trace: 'gray',
  debug: 'gray',
  info: 'green',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
} as const

/** Not repeated among the fields of a line. */
const SHOWN = new Set(['level', 'time', 'msg', 'error'])

/** One line of the JSON log as people like to read it. */
export function prettyLine(line: string, colors: boolean): string {
  const fields = parseJson(line)
  if (fields === null || typeof fields !== 'object' || Array.isArray(fields)) return line
  const paint = (format: Parameters<typeof styleText>[0], plain: string): string =>
    colors ? styleText(format, plain, { validateStream: false }) : plain
  const level = text(fields['level'])
  const head = `${paint('gray', localTime(text(fields['time'])))} ${paint(colorOf(level), level.toUpperCase().padEnd(5))}`
  const isAccess = fields['msg'] === 'request'
  const body = isAccess ? access(fields) : text(fields['msg'])
  const rest = isAccess ? text(fields['requestId']) : others(fields)
  return `${head} ${body}${rest === '' ? '' : ` ${paint('gray', rest)}`}\n${errorLines(fields['error'], '    ')}`
}

/** `200 fast -> gpt/gpt-5.5-mini 1.24 s, first byte 0.31 s, first token 0.42 s, 1200 in, 50 out, alias:fast`. */
function access(fields: Fields): string {
  const asked = text(fields['requestedModel'])
  const served = fields['provider'] === null ? '' : ` -> ${text(fields['provider'])}/${text(fields['model'])}`
  const outcome = fields['status'] === 'complete' ? '' : ` ${text(fields['status'])}`
  const error = fields['errorCode'] === null ? '' : ` (${text(fields['errorCode'])})`
  const details = [
    seconds(fields['duration']),
    fields['timeToFirstByte'] === null ? '' : `first byte ${seconds(fields['timeToFirstByte'])}`,
    fields['timeToFirstToken'] === null ? '' : `first token ${seconds(fields['timeToFirstToken'])}`,
    fields['inputTokens'] === undefined ? '' : `${text(fields['inputTokens'])} in, ${text(fields['outputTokens'])} out`,
    Number(fields['attempts']) > 1 ? `${text(fields['attempts'])} attempts` : '',
    text(fields['reason']),
    fields['dropped'] === undefined ? '' : `dropped ${text(fields['dropped'])}`,
  ]
  const subject = asked === '' ? `${text(fields['protocol'])} ${text(fields['operation'])}` : `${asked}${served}`
  return `${text(fields['httpStatus'])}${outcome}${error} ${subject} ${details.filter((detail) => detail !== '').join(', ')}`
}

function others(fields: Fields): string {
  return Object.entries(fields)
    .filter(([name, value]) => !SHOWN.has(name) && value !== null)
    .map(([name, value]) => `${name}=${text(value)}`)
    .join(' ')
}

function errorLines(error: JsonValue | undefined, indent: string): string {
  if (error === null || typeof error !== 'object' || Array.isArray(error)) return ''
  const stack = text(error['stack'] ?? error['message'])
  const lines = stack.split('\n').map((line) => `${indent}${line}\n`)
  return lines.join('') + errorLines(error['cause'], `${indent}  `)
}

function text(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function seconds(milliseconds: JsonValue | undefined): string {
  return `${(Number(milliseconds) / 1000).toFixed(2)} s`
}

function localTime(iso: string): string {
  const time = new Date(iso)
  return Number.isNaN(time.getTime()) ? iso : time.toTimeString().slice(0, 8)
}

function colorOf(level: string): (typeof COLORS)[keyof typeof COLORS] {
  return isLevel(level) ? COLORS[level] : 'gray'
}

function isLevel(word: string): word is keyof typeof COLORS {
  return Object.hasOwn(COLORS, word)
}
