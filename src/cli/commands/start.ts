import { defineCommand } from '../command.ts'
import { START_OPTIONS } from '../start-options.ts'

export const command = defineCommand({
  name: 'start',
  summary: 'Start the gateway',
  examples: [
    ['ucr start', 'in the foreground; Ctrl-C stops it when its requests are finished'],
    ['ucr start --daemon', 'in the background; see "ucr status" and "ucr stop"'],
    ['ucr start --workers auto', 'with as many processes as there are processors'],
    ['ucr start --config ./ucr.config.json --port 8080', 'with this config, on this port'],
  ],
  options: START_OPTIONS,
  async run({ options, ...surroundings }) {
    // The key was needed to get here, and from now on nobody need see it in the list of processes.
    if (options.key !== null) process.title = 'ucr start'
    if (options.daemon) {
      const { startDaemon } = await import('../start-daemon.ts')
      return startDaemon(options, surroundings)
    }
    const { startGateway } = await import('../start-gateway.ts')
    return startGateway(options, surroundings)
  },
})
