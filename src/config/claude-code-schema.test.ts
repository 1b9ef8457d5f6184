import { describe, expect, it } from 'vitest'
import { loadText, problemsOf } from '../../test/support/load-text.ts'

describe('a provider of type claude-code', () => {
  it('needs nothing but its type, and may say how the program is run', async () => {
    const { config, problems } = await loadText({
      providers: [
        { id: 'plain', type: 'claude-code' },
        {
          id: 'team',
          type: 'claude-code',
          command: '/opt/claude',
          configFolder: '/srv/login',
          workingFolder: '/srv/files',
          allowedTools: ['Read'],
          permissionMode: 'plan',
          maxTurns: 5,
          processes: 8,
          queue: 0,
          idleTimeout: '90s',
        },
      ],
    })
    expect(problems).toEqual([])
    expect(config.providers.map(({ claudeCode }) => claudeCode)).toEqual([
      {
        command: null,
        workingFolder: null,
        configFolder: null,
        allowedTools: [],
        permissionMode: 'dontAsk',
        maxTurns: null,
        processes: 4,
        queue: 32,
        idleTimeout: 300_000,
      },
      {
        command: '/opt/claude',
        workingFolder: '/srv/files',
        configFolder: '/srv/login',
        allowedTools: ['Read'],
        permissionMode: 'plan',
        maxTurns: 5,
        processes: 8,
        queue: 0,
        idleTimeout: 90_000,
      },
    ])
  })

  it('has keys that others do not have', async () => {
    const problems = await problemsOf({
      providers: [{ id: 'a', type: 'anthropic', apiKey: 'k', allowedTools: ['Bash'] }],
    })
    expect(problems).toMatchObject([
      { severity: 'error', field: 'providers[0].allowedTools', message: expect.stringContaining('only for providers') },
    ])
  })
})
