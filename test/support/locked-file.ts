import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Another process that writes to a database, and does not come to an end until it is told to. */
export class LockedFile {
  readonly #release: () => Promise<void>

  private constructor(release: () => Promise<void>) {
    this.#release = release
  }

  /** Resolves when nobody else can write to it. */
  static async lock(path: string): Promise<LockedFile> {
    const script = `import { DatabaseSync } from 'node:sqlite'
      const database = new DatabaseSync(${JSON.stringify(path)}, { timeout: 30_000 })
      database.exec('BEGIN IMMEDIATE')
      console.log('locked')
      process.stdin.on('end', () => database.close()).resume()`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    return new LockedFile(async () => {
      child.stdin.end()
      await once(child, 'close')
    })
  }

  release(): Promise<void> {
    return this.#release()
  }
}
