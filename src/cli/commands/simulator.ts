import { once } from 'node:events'
import { choice, defineCommand, integer, text } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { Failure, reasonOf, systemCode } from '../failure.ts'
import { table } from '../terminal.ts'

export const command = defineCommand({
  name: 'simulator',
  summary: 'Start only the simulator: a vendor of both protocols with made-up answers, for tests',
  examples: [['ucr simulator --port 4010', 'then use http://127.0.0.1:4010 as a base URL']],
  options: {
    port: integer('-p, --port <number>', 'listen on this port (default: 4010; 0 for any free one)', {
      min: 0,
      max: 65_535,
    }),
    host: text('--host <address>', 'listen on this address (default: 127.0.0.1)'),
    apiKey: text('--api-key <key>', 'accept only this key'),
    validate: choice('--validate <on|off>', 'refuse what the vendors would refuse', ['on', 'off']),
  },
  async run({ options, terminal }) {
    const { startSimulator } = await import('../../simulator/simulator.ts')
    const { SIMULATOR_MODELS } = await import('../../simulator/models.ts')
    const port = options.port ?? 4010
    const simulator = await startSimulator({
      port,
      journal: false,
      validate: options.validate !== 'off',
      ...(options.host === null ? {} : { host: options.host }),
      ...(options.apiKey === null ? {} : { apiKey: options.apiKey }),
    }).catch((error: unknown) => {
      const fix = systemCode(error) === 'EADDRINUSE' ? { fix: `Choose another port: --port ${port + 1}` } : {}
      throw new Failure(`The simulator cannot listen: ${reasonOf(error)}`, { ...fix, cause: error })
    })
    terminal.out.line(`Simulator (no real model) on ${simulator.url}`)
    for (const line of table(SIMULATOR_MODELS.map(({ id, about }) => [`  ${id}`, about]))) terminal.error.line(line)
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
    await simulator.close()
    return EXIT.ok
  },
})
