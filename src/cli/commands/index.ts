import type { CommandEntry } from '../command.ts'

/** Every command, in the order of `ucr --help`. Each module is loaded when its command is called. */
export const COMMANDS: readonly CommandEntry[] = [
  entry('start', async () => (await import('./start.ts')).command, 'Start the gateway'),
  entry('stop', async () => (await import('./stop.ts')).command, 'Stop the gateway when its requests are finished'),
  entry('restart', async () => (await import('./restart.ts')).command, 'Stop the gateway, and start it again'),
  entry('status', async () => (await import('./status.ts')).command, 'Say which gateways run, and how they are'),
  entry('setup', async () => (await import('./setup.ts')).command, 'Write a config by answering questions'),
  entry('code', async () => (await import('./code.ts')).command, 'Run Claude Code through the gateway'),
  entry('env', async () => (await import('./env.ts')).command, 'Print shell lines that make programs use the gateway'),
  entry('doctor', async () => (await import('./doctor.ts')).command, 'Find what is wrong, and say how to mend it'),
  entry('config', async () => (await import('./config.ts')).command, 'Write, check, show and edit the config file'),
  entry('providers', async () => (await import('./providers.ts')).command, 'List, find, switch and test providers'),
  entry('models', async () => (await import('./models.ts')).command, 'List models, and choose defaults'),
  entry('keys', async () => (await import('./keys.ts')).command, 'Make, list and revoke the keys of clients'),
  entry('auth', async () => (await import('./auth.ts')).command, 'Store and forget the keys of vendors, encrypted'),
  entry('explain', async () => (await import('./explain.ts')).command, 'Say where a request would go and why'),
  entry('simulator', async () => (await import('./simulator.ts')).command, 'Start only the simulator, for tests'),
  entry('completion', async () => (await import('./completion.ts')).command, 'Print a completion script for a shell'),
]

function entry(name: string, load: CommandEntry['load'], summary: string): CommandEntry {
  return { name, summary, load }
}
