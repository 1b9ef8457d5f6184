import { chooseGateway } from '../choose-gateway.ts'
import { defineCommand, flag, integer } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { Failure } from '../failure.ts'
import { PORT_OF_RUNNING } from '../shared-options.ts'
import { stopGateway } from '../stop-gateway.ts'

export const command = defineCommand({
  name: 'stop',
  summary: 'Stop the gateway when its requests are finished',
  examples: [
    ['ucr stop', 'wait for requests in flight, then stop'],
    ['ucr stop --wait 5 --force', 'wait at most 5 seconds, then kill it'],
  ],
  options: {
    port: PORT_OF_RUNNING,
    wait: integer('--wait <seconds>', 'how long to wait for it (default: 60)', { min: 0, max: 86_400 }),
    force: flag('--force', 'kill it when it has not ended by then'),
  },
  async run({ options, terminal, ...person }) {
    const record = await chooseGateway(person, options.port)
    if (record === null) {
      terminal.out.line('No gateway is running.')
      return EXIT.ok
    }
    const wait = options.wait ?? 60
    terminal.error.line(`Stopping the gateway on port ${record.port} (process ${record.pid}) ...`)
    if (!(await stopGateway(record, wait * 1000, options.force))) {
      throw new Failure(`It still has requests to finish after ${wait} s.`, {
        fix: 'Wait for it, or end it now with "ucr stop --wait 0 --force".',
      })
    }
    terminal.out.line('Stopped.')
    return EXIT.ok
  },
})
