import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { findClaude, INSTALL_CLAUDE } from '../upstream/claude-code/find-program.ts'
import { OPEN_KEY } from './client-lines.ts'
import type { Surroundings } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { Failure, reasonOf } from './failure.ts'
import { clientUrl, findGateway, type ClientKey, type FoundGateway } from './find-gateway.ts'
import { isSelfSigned, type OwnCertificate } from './own-certificate.ts'
import { openStateFolder } from './state-folder.ts'
import { startInBackground } from './background.ts'

/** The first start may look for vendors and local servers. */
const START_TIMEOUT = 30_000

/** Runs `claude` with the gateway as its vendor, and gives its exit code. Throws `Failure`. */
export async function runClaude(words: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { environment, terminal } = surroundings
  const claude = await findClaude(surroundings)
  if (claude === null) {
    throw new Failure('There is no "claude" command.', { fix: INSTALL_CLAUDE, exitCode: EXIT.commandNotFound })
  }
  const gateway = await runningGateway(surroundings)
  if (gateway.key.kind === 'unknown' && !environment['ANTHROPIC_AUTH_TOKEN']) {
    throw new Failure('The gateway wants a key, and only its hash is known here.', {
      fix: 'Put the key into the variable UCR_API_KEY; "ucr keys create" makes a new one.',
    })
  }
  const authorities = await extraAuthorities(gateway.certificate, surroundings)
  const changed = claudeEnvironment({ ...authorities, ...environment }, gateway.url, gateway.key)
  if (environment['ANTHROPIC_API_KEY'] !== undefined && changed['ANTHROPIC_API_KEY'] === undefined) {
    terminal.error.line('Without ANTHROPIC_API_KEY: claude would send that key to the gateway in place of its own.')
  }
  return runForeground(claude, words, changed)
}

async function runningGateway(surroundings: Surroundings): Promise<FoundGateway> {
  const found = await findGateway(surroundings)
  if (found.running) return found
  const { terminal, environment, directory, home } = surroundings
  terminal.error.line('Starting the gateway in the background ...')
  const started = await startInBackground({
    options: [],
    key: null,
    directory,
    environment,
    home,
    timeout: START_TIMEOUT,
  })
  const url = clientUrl(started.urls[0] ?? found.url, found.certificate)
  terminal.error.line(`It listens on ${url} and goes on running; "ucr stop" ends it.`)
  return { ...found, url, running: true }
}

/** A certificate that nobody else vouches for is one that Claude Code has to be told to trust, beside those it knows. */
async function extraAuthorities(
  certificate: OwnCertificate | null,
  surroundings: Surroundings,
): Promise<{ readonly NODE_EXTRA_CA_CERTS?: string }> {
  if (certificate === null || !isSelfSigned(certificate)) return {}
  if (certificate.file !== null) return { NODE_EXTRA_CA_CERTS: certificate.file }
  const file = join(await openStateFolder(surroundings), 'certificate.pem')
  await writeFile(file, certificate.pem, { mode: 0o600 })
  return { NODE_EXTRA_CA_CERTS: file }
}

/** The environment for `claude`: everything as it is, but for where requests go and what they carry as their key. */
export function claudeEnvironment(environment: NodeJS.ProcessEnv, url: string, key: ClientKey): NodeJS.ProcessEnv {
  const { ANTHROPIC_API_KEY: vendorKey, ...others } = environment
  const common = { ...others, ANTHROPIC_BASE_URL: url }
  const kept = vendorKey === undefined ? {} : { ANTHROPIC_API_KEY: vendorKey }
  switch (key.kind) {
    case 'open':
      // Some token, or claude asks a user to log in who has no account there.
      return { ...common, ...kept, ANTHROPIC_AUTH_TOKEN: environment['ANTHROPIC_AUTH_TOKEN'] || OPEN_KEY }
    case 'variable':
      return { ...common, ANTHROPIC_AUTH_TOKEN: key.value }
    case 'unknown':
      return common
    default:
      return key satisfies never
  }
}

/** In the same terminal. What the terminal signals reaches the child by itself; this process has to outlive it. */
function runForeground(command: string, words: readonly string[], environment: NodeJS.ProcessEnv): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: 'inherit', env: environment })
    const ignore = () => {}
    const forward = (signal: NodeJS.Signals) => void child.kill(signal)
    process.on('SIGINT', ignore).on('SIGQUIT', ignore).on('SIGTERM', forward).on('SIGHUP', forward)
    child.on('error', (error) =>
      reject(new Failure(`${command} cannot be started: ${reasonOf(error)}`, { fix: INSTALL_CLAUDE, cause: error })),
    )
    child.on('close', (code, signal) => {
      process.off('SIGINT', ignore).off('SIGQUIT', ignore).off('SIGTERM', forward).off('SIGHUP', forward)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
