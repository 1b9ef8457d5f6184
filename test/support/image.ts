import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** One instruction of a Dockerfile: `RUN`, and what stands behind it in one line. */
export interface Instruction {
  readonly name: string
  readonly words: string
}

export function readDockerfile(text: string): readonly Instruction[] {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', words = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
      return { name, words }
    })
}

/** The user of the base image, by number. */
const NODE_USER = '1000:1000'

/** As the owner of a machine one can give a process folders of its own; elsewhere an image cannot be tried out. */
export function canBuildImages(): boolean {
  return process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0
}

interface Stage {
  readonly root: string
  readonly environment: Record<string, string>
  folder: string
  user: string
}

export interface BuildOptions {
  /** Empty: images are made in it. */
  readonly place: string
  /** What `COPY` copies from, without what is ignored. */
  readonly context: string
  /** Put in place of what a command would bring from the network, by command: a folder here, and where it is expected. */
  readonly instead: Readonly<Record<string, { readonly from: string; readonly to: string }>>
}

/**
 * An image, made by the instructions of a Dockerfile with this machine's own system in place of the base image: Debian's
 * programs read-only, a folder of its own for everything else, and the Node that runs the test.
 */
export class Image {
  readonly #stage: Stage
  readonly #instructions: readonly Instruction[]

  private constructor(stage: Stage, instructions: readonly Instruction[]) {
    this.#stage = stage
    this.#instructions = instructions
  }

  static build(instructions: readonly Instruction[], options: BuildOptions): Image {
    const stages = new Map<string, Stage>()
    let stage: Stage | null = null
    for (const { name, words } of instructions) {
      if (name === 'FROM') {
        const alias = / AS (\S+)$/i.exec(words)?.[1] ?? 'last'
        stage = newStage(join(options.place, alias))
        stages.set(alias, stage)
      } else if (stage !== null) {
        follow(stage, { name, words }, stages, options)
      }
    }
    if (stage === null) throw new Error('there is no FROM')
    return new Image(stage, instructions)
  }

  /** Runs a command of the image to its end. */
  run(command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    return runIn(this.#stage, command, environment)
  }

  /** What `docker run` does. */
  start(environment: Readonly<Record<string, string>>): ChildProcess {
    const command = [...this.listOf('ENTRYPOINT'), ...this.listOf('CMD')]
    const words = wordsFor(this.#stage, command, environment)
    return spawn('unshare', words, { env: {}, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** A command that the Dockerfile gives as a list. */
  listOf(name: string): readonly string[] {
    const words = this.#instructions.find((instruction) => instruction.name === name)?.words ?? ''
    return JSON.parse(words.slice(words.indexOf('['))) as readonly string[]
  }
}

function follow(
  stage: Stage,
  { name, words }: Instruction,
  stages: ReadonlyMap<string, Stage>,
  options: BuildOptions,
): void {
  switch (name) {
    case 'WORKDIR':
      stage.folder = words
      mkdirSync(join(stage.root, words), { recursive: true })
      return
    case 'ENV':
      for (const [, key = '', value = ''] of words.matchAll(/(\w+)=(\S+)/g)) stage.environment[key] = value
      return
    case 'USER':
      stage.user = NODE_USER
      return
    case 'COPY':
      copy(stage, words, stages, options.context)
      return
    case 'RUN': {
      const instead = options.instead[words]
      if (instead !== undefined) {
        cpSync(instead.from, join(stage.root, instead.to), { recursive: true, verbatimSymlinks: true })
        return
      }
      const { status, stderr } = runIn(stage, ['/bin/sh', '-c', words], {})
      if (status !== 0) throw new Error(`${words}: ${stderr}`)
      return
    }
    default:
      // VOLUME, EXPOSE, HEALTHCHECK, ENTRYPOINT and CMD say how an image is run.
      return
  }
}

function copy(stage: Stage, words: string, stages: ReadonlyMap<string, Stage>, context: string): void {
  const from = /^--from=(\S+) /.exec(words)?.[1]
  const paths = words.replace(/^--from=\S+ /, '').split(/\s+/)
  const target = paths.pop() ?? ''
  const root = from === undefined ? context : (stages.get(from)?.root ?? '')
  const to = target.startsWith('/') ? join(stage.root, target) : join(stage.root, stage.folder, target)
  for (const path of paths) {
    const isInto = target.endsWith('/') && path !== '.'
    cpSync(join(root, path), isInto ? join(to, basename(path)) : to, { recursive: true })
  }
}

/** What comes with the base image. */
function newStage(root: string): Stage {
  for (const folder of ['usr', 'proc', 'dev', 'tmp', 'etc', 'opt', 'var/lib']) {
    mkdirSync(join(root, folder), { recursive: true })
  }
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${folder}`, join(root, folder))
  chmodSync(join(root, 'tmp'), 0o1777)
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/home/user:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnode:x:1000:\n')
  const local = join(`${root}.local`, 'bin')
  mkdirSync(local, { recursive: true })
  copyFileSync(process.execPath, join(local, 'node'))
  return { root, environment: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/home/user' }, folder: '/', user: '0:0' }
}

function runIn(stage: Stage, command: readonly string[], environment: Readonly<Record<string, string>>) {
  return spawnSync('unshare', wordsFor(stage, command, environment), { encoding: 'utf8', env: {}, timeout: 120_000 })
}

/** In folders of its own, which are gone with the process. */
function wordsFor(
  { root, folder, user, environment }: Stage,
  command: readonly string[],
  more: Readonly<Record<string, string>>,
): readonly string[] {
  const script = `set -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount --bind /usr "$1/usr"
mount -o remount,ro,bind "$1/usr"
mount --bind "$1.local" "$1/usr/local"
mount --rbind /proc "$1/proc"
mount --rbind /dev "$1/dev"
root=$1 user=$2 folder=$3
shift 3
exec chroot --userspec="$user" "$root" /usr/bin/env -i -C "$folder" "$@"`
  const variables = Object.entries({ ...environment, ...more }).map(([name, value]) => `${name}=${value}`)
  return ['-m', '/bin/sh', '-c', script, 'sh', root, user, folder, ...variables, ...command]
}

/** The files that a context has, by the list of what is ignored: all, but for those that are named with a mark. */
export function notIgnored(ignoreFile: string): readonly string[] {
  const lines = readFileSync(ignoreFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines[0] !== '*') throw new Error('not everything is ignored')
  return lines.slice(1).map((line) => line.replace(/^!/, ''))
}
