import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/**
 * What tells a process from a later one that got the same number: when it started. Null when no such process runs.
 * Compare only values of the same machine.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  if (!isAlive(pid)) return null
  if (process.platform === 'linux') return linuxIdentity(pid)
  // Windows tells start times only through PowerShell, which takes longer than everything else here.
  if (process.platform === 'win32') return 'alive'
  const started = (await outputOf('ps', ['-o', 'lstart=', '-p', String(pid)])).trim()
  return started === '' ? null : started
}

/** True for processes of other users too. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function linuxIdentity(pid: number): Promise<string | null> {
  try {
    const [status, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'latin1'),
      readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => ''),
    ])
    // The command's name is in parentheses and may hold any character, so count from the last one: state is field 3,
    // start time field 22 (proc_pid_stat(5)).
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
    // A zombie still has its number where nobody reaps it (containers without an init), but it serves nobody.
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    return `${fields[19] ?? ''}@${boot.trim()}`
  } catch {
    return null
  }
}

function outputOf(command: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
    child.on('error', () => resolve(''))
    child.on('close', () => resolve(output))
  })
}
