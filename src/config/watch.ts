import type { FSWatcher } from 'chokidar'

export interface WatchOptions {
  readonly path: string
  /** Other files that the config depends on: a custom router. */
  readonly alsoPaths: readonly string[]
  /** Called once for a burst of changes, after it is over. */
  readonly onChange: () => void
  /** The system takes no more watches, or a folder is gone: changes may go unnoticed from here on. */
  readonly onError: (error: unknown) => void
}

export interface ConfigWatcher {
  close(): Promise<void>
}

/** Milliseconds of quiet that end a burst: editors write, rename and touch. */
const QUIET = 200

/**
 * Notices in-place writes, renames over the file, and a symbolic link on the way that now points elsewhere (how
 * Kubernetes updates a ConfigMap). Ready when the promise resolves.
 */
export async function watchConfig({ path, alsoPaths, onChange, onError }: WatchOptions): Promise<ConfigWatcher> {
  // Costs 8 ms and 2 MB, which commands that only read the config need not pay.
  const { watch } = await import('chokidar')
  // Chokidar would wait another 100 ms to join a removal and an addition into one change.
  const watcher = watch([path, ...alsoPaths], { ignoreInitial: true, atomic: false })
  let timer: NodeJS.Timeout | undefined
  watcher.on('all', () => {
    clearTimeout(timer)
    timer = setTimeout(onChange, QUIET)
  })
  watcher.on('error', onError)
  await ready(watcher)
  return {
    async close() {
      clearTimeout(timer)
      await watcher.close()
    },
  }
}

function ready(watcher: FSWatcher): Promise<void> {
  return new Promise((resolve) => {
    watcher.once('ready', resolve)
  })
}
