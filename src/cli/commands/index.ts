import type { CommandEntry } from '../command.ts'

/** Every command, in the order of `ucr --help`. Each module is loaded when its command is called. */
export const COMMANDS: readonly CommandEntry[] = [
  entry('start', async () => (await import('./start.ts')).command, 'Start the gateway'),
  entry('stop', async () => (await import('./stop.ts')).command, 'Stop the gateway when its requests are finished'),
  entry(
    'restart',
    async () => (await import('./restart.ts')).command,
    'Stop the gateway when its requests are finished, and start it again in the background',
  ),
  entry('status', async () => (await import('./status.ts')).command, 'Say which gateways run, and how they are'),
  entry(
    'dashboard',
    async () => (await import('./dashboard.ts')).command,
    'Print the link to the dashboard, which signs in by itself',
  ),
  entry(
    'setup',
    async () => (await import('./setup.ts')).command,
    'Write a config by answering questions; nothing is replaced without asking',
  ),
  entry(
    'code',
    async () => (await import('./code.ts')).command,
    'Run Claude Code through the gateway; everything behind "code" goes to claude as it is',
  ),
  entry(
    'env',
    async () => (await import('./env.ts')).command,
    'Print the lines that make programs started from a shell use the gateway',
  ),
  entry(
    'doctor',
    async () => (await import('./doctor.ts')).command,
    'Find what is wrong with config, keys, ports and files, and say how to mend it',
  ),
  entry(
    'diagnostics',
    async () => (await import('./diagnostics.ts')).command,
    'Take heap snapshots and CPU profiles of a running gateway',
  ),
  entry('config', async () => (await import('./config.ts')).command, 'Write, check, show and edit the config file'),
  entry('providers', async () => (await import('./providers.ts')).command, 'List, find, switch and test providers'),
  entry(
    'models',
    async () => (await import('./models.ts')).command,
    'List models, and choose which one a provider uses by default',
  ),
  entry(
    'keys',
    async () => (await import('./keys.ts')).command,
    'Make, list, change and revoke the keys that clients use',
  ),
  entry('alerts', async () => (await import('./alerts.ts')).command, 'List, make, delete and test alerts'),
  entry(
    'auth',
    async () => (await import('./auth.ts')).command,
    'Store and forget the keys of vendors, encrypted on this machine',
  ),
  entry(
    'explain',
    async () => (await import('./explain.ts')).command,
    'Say where a request would go and why, without sending it anywhere',
  ),
  entry(
    'simulator',
    async () => (await import('./simulator.ts')).command,
    'Start only the simulator: a vendor of both protocols with made-up answers, for tests',
  ),
  entry('completion', async () => (await import('./completion.ts')).command, 'Print a completion script for a shell'),
]

function entry(name: string, load: CommandEntry['load'], summary: string): CommandEntry {
  return { name, summary, load }
}
