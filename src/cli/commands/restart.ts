import { chooseGateway } from '../choose-gateway.ts'
import { defineCommand, integer, text } from '../command.ts'
import { Failure } from '../failure.ts'
import { PORT_OF_RUNNING } from '../shared-options.ts'

export const command = defineCommand({
  name: 'restart',
  summary: 'Stop the gateway when its requests are finished, and start it again in the background',
  options: {
    port: PORT_OF_RUNNING,
    key: text('-k, --key <key>', 'the key that it was started with, if one was'),
    wait: integer('--wait <seconds>', 'how long to wait for it to stop (default: 60)', { min: 0, max: 86_400 }),
  },
  async run({ options, ...surroundings }) {
    if (options.key !== null) process.title = 'ucr restart'
    const record = await chooseGateway(surroundings, options.port)
    if (record === null) throw new Failure('No gateway is running.', { fix: 'Start one with "ucr start --daemon".' })
    if (record.keyGiven && options.key === null) {
      throw new Failure('The gateway was started with --key, which is kept nowhere.', { fix: 'Give it again: --key' })
    }
    const { restart } = await import('../restart.ts')
    return restart(record, options.key, (options.wait ?? 60) * 1000, surroundings)
  },
})
