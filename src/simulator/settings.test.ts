import { describe, expect, it } from 'vitest'
import { FAULT_FORMS, parseFault } from './fault.ts'
import { DEFAULT_SETTINGS, SETTING_FORMS, nameOfModel, readSettings } from './settings.ts'

describe('nameOfModel()', () => {
  it('leaves the settings out', () => {
    expect(nameOfModel('text?gap=20&tokens=5')).toBe('text')
    expect(nameOfModel('text')).toBe('text')
  })
})

describe('readSettings()', () => {
  it('gives the defaults untouched where nothing is asked for', () => {
    expect(readSettings(DEFAULT_SETTINGS, 'text', { host: 'a' })).toBe(DEFAULT_SETTINGS)
  })

  it('reads the suffix of the model name', () => {
    expect(readSettings(DEFAULT_SETTINGS, 'text?ttft=200&gap=2.5&tokens=500&fault=cut:5&crlf=on', {})).toEqual({
      ...DEFAULT_SETTINGS,
      ttft: 200,
      gap: 2.5,
      tokens: 500,
      fault: { kind: 'cut', after: 5 },
      crlf: true,
    })
  })

  it('lets headers win over the suffix', () => {
    const headers = { 'x-sim-gap': '7', 'x-sim-retry-after': '3' }
    expect(readSettings(DEFAULT_SETTINGS, 'text?gap=1', headers)).toMatchObject({ gap: 7, retryAfter: '3' })
  })

  it('names a setting that does not exist, and a value that does not fit', () => {
    expect(readSettings(DEFAULT_SETTINGS, 'text?ttf=1', {})).toMatch(
      /unknown simulator setting 'ttf'; there are .*ttft/,
    )
    expect(readSettings(DEFAULT_SETTINGS, 'text?gap=soon', {})).toBe("simulator setting 'gap' takes MS, not 'soon'")
    expect(readSettings(DEFAULT_SETTINGS, 'text', { 'x-sim-encoding': 'zip' })).toMatch(/takes identity\|gzip/)
  })

  it('has a form for every setting', () => {
    expect(SETTING_FORMS).toHaveLength(Object.keys(DEFAULT_SETTINGS).length)
  })
})

describe('parseFault()', () => {
  it('reads every documented form', () => {
    for (const [form] of FAULT_FORMS) {
      const text = form.replace('status:N', 'status:503').replace('N', '5')
      expect(parseFault(text)?.kind).toBe(form.split(':')[0])
    }
  })

  it('takes a bare status, and 0 where no count is given', () => {
    expect(parseFault('429')).toEqual({ kind: 'status', status: 429 })
    expect(parseFault('stall')).toEqual({ kind: 'stall', after: 0 })
  })

  it('refuses what is none', () => {
    for (const text of ['', 'boom', 'cut:-1', 'cut:x', 'status:99', '999', 'drop:1'])
      expect(parseFault(text)).toBeNull()
  })
})
