import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** Sent on to the child. Windows knows them too, as far as Node emulates them there. */
const RELAYED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/** How often we look whether the shell that npm started us in is still there. */
const PARENT_CHECK_MILLISECONDS = 250

/** The same signal again within this many milliseconds is the same keypress: npm passes on what the terminal already sent. */
const ECHO_MILLISECONDS = 300

/**
 * Runs a program to its end, sends signals on to it, and gives the exit code a shell would give (128 + n for a signal).
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options })
    const stopRelaying = relaySignals((signal) => child.kill(signal))
    child.once('error', (error) => {
      stopRelaying()
      reject(error)
    })
    child.once('exit', (code, signal) => {
      stopRelaying()
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

/**
 * Runs one step of several. A signal means that the person wants none of those that follow: ends this process too.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} exit code
 */
export async function runStep(command, args, options) {
  /** @type {NodeJS.Signals | null} */
  let interruption = null
  const note = (/** @type {NodeJS.Signals} */ signal) => {
    interruption = signal
  }
  for (const signal of RELAYED) process.on(signal, note)
  const code = await run(command, args, options)
  for (const signal of RELAYED) process.off(signal, note)
  if (interruption !== null) process.exit(128 + constants.signals[interruption])
  return code
}

/**
 * @param {(signal: NodeJS.Signals) => void} send
 * @returns {() => void} stops it
 */
function relaySignals(send) {
  /** @type {Map<NodeJS.Signals, number>} */
  const lastSent = new Map()
  const relay = (/** @type {NodeJS.Signals} */ signal) => {
    // A terminal gives Ctrl-C to the whole foreground group: the child has it already, and a second one means "now".
    if (signal === 'SIGINT' && hasTerminal()) return
    const now = performance.now()
    if (now - (lastSent.get(signal) ?? -Infinity) < ECHO_MILLISECONDS) return
    lastSent.set(signal, now)
    send(signal)
  }
  for (const signal of RELAYED) process.on(signal, relay)
  const stopWatching = onShellGone(() => relay('SIGTERM'))
  return () => {
    for (const signal of RELAYED) process.off(signal, relay)
    stopWatching()
  }
}

/**
 * npm passes signals on to the shell between it and us; a shell like dash dies of them and tells nobody.
 *
 * @param {() => void} callback
 * @returns {() => void} stops watching
 */
function onShellGone(callback) {
  if (process.env['npm_lifecycle_event'] === undefined) return () => {}
  const shell = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(timer)
    callback()
  }, PARENT_CHECK_MILLISECONDS)
  return () => clearInterval(timer)
}

function hasTerminal() {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
}
