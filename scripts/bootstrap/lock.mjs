import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './say.mjs'
import { SetupError } from './setup-error.mjs'

const POLL_MILLISECONDS = 100

/**
 * Runs `job` while no other process on this machine installs or builds in `root`. Whoever comes second waits, and should
 * look again whether there is still something to do.
 *
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} job
 * @returns {Promise<T>}
 */
export async function withLock(root, job) {
  const path = join(root, '.cache', 'setup.lock')
  await acquire(path, root)
  const release = () => rmSync(path, { force: true })
  process.once('exit', release)
  try {
    return await job()
  } finally {
    release()
    process.off('exit', release)
  }
}

/** @param {string} path @param {string} root */
async function acquire(path, root) {
  let announced = false
  while (!create(path, root)) {
    const holder = holderOf(path)
    if (holder !== null && !isAlive(holder)) {
      takeAway(path, holder)
      continue
    }
    if (!announced && holder !== null) {
      say(`waiting for process ${holder}, which is setting up this folder (if that is wrong, delete ${path})`)
      announced = true
    }
    await sleep(POLL_MILLISECONDS)
  }
}

/** @param {string} path @param {string} root */
function create(path, root) {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    throw notWritable(root, error)
  }
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw notWritable(root, error)
  }
}

/** @param {string} root @param {unknown} cause */
function notWritable(root, cause) {
  return new SetupError(
    `${root} has to be set up first, and cannot be written (${codeOf(cause)}). ` +
      'Make the folder writable, or run "npm start" once as a user who may write there.',
    { cause },
  )
}

/** Null while the file is gone or its writer has not filled it yet. @param {string} path */
function holderOf(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : null
  } catch {
    return null
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/**
 * Removes the lock of a dead process. By renaming, because two waiters may both have seen it dead, and the slower one
 * would otherwise delete the lock that the faster one has just made.
 *
 * @param {string} path @param {number} deadHolder
 */
function takeAway(path, deadHolder) {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
    if (holderOf(aside) === deadHolder) rmSync(aside, { force: true })
    else renameSync(aside, path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** @param {unknown} error @returns {string | undefined} */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
