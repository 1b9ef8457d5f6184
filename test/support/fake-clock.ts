import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Of the system, and what `test/system/install.mjs` unpacked. */
const PLACES = ['/usr/lib', fileURLToPath(new URL('../../.cache/programs/usr/lib', import.meta.url))]

/** https://github.com/wolfcw/libfaketime. Null where there is none. */
const LIBRARY = PLACES.flatMap((place) => globSync(join(place, '*', 'faketime', 'libfaketime.so.1')))[0] ?? null

/** Why tests with another time have to be skipped; null where they need not. */
export const NO_FAKE_CLOCK = LIBRARY === null ? 'there is no libfaketime' : null

/** The wall clock of a process, which the test sets while it runs. Its monotonic clock goes on as it does. */
export class FakeClock {
  readonly #file: string

  /** `folder`: of the test. */
  constructor(folder: string) {
    this.#file = join(folder, 'clock')
    this.jump(0)
  }

  /** With which the process is to be started. */
  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: LIBRARY ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
  }

  /** So many hours from the true time. */
  jump(hours: number): void {
    writeFileSync(this.#file, `${hours < 0 ? '' : '+'}${hours}h\n`)
  }
}
