import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { VARIABLES } from '../../src/config/environment.ts'
import { Image, canBuildImages, notIgnored, readDockerfile } from '../support/image.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const DOCKER = join(PROJECT, 'deploy', 'docker')
const DOCKERFILE = readDockerfile(readFileSync(join(DOCKER, 'Dockerfile'), 'utf8'))
const COMPOSE = readFileSync(join(DOCKER, 'compose.yaml'), 'utf8')
const IGNORE = join(DOCKER, 'Dockerfile.dockerignore')
const CAN_BUILD = canBuildImages()
const CAN_COMPOSE = spawnSync('docker', ['compose', 'version']).status === 0

/** The whole image, but for the packages of npm, which are those of this project. */
function build(place: string): Image {
  const context = join(place, 'context')
  for (const path of notIgnored(IGNORE)) cpSync(join(PROJECT, path), join(context, path), { recursive: true })
  const instead = { 'npm ci': { from: join(PROJECT, 'node_modules'), to: 'src/node_modules' } }
  return Image.build(DOCKERFILE, { place, context, instead })
}

describe('deploy/docker/Dockerfile', () => {
  const place = mkdtempSync(join(tmpdir(), 'ucr-image-'))
  let image: Image

  beforeAll(() => {
    if (CAN_BUILD) image = build(place)
  }, 240_000)

  afterAll(() => rmSync(place, { recursive: true, force: true }))

  it(
    CAN_BUILD
      ? 'makes an image that serves as nobody in particular, and says how it is; not tried here: the base image, npm ci'
      : 'skipped: only root can give a process folders of its own',
    { skip: !CAN_BUILD },
    async () => {
      const key = 'key-of-the-container-0123456789'
      const environment = { UCR_PORT: '0', UCR_API_KEY: key }
      const health = image.listOf('HEALTHCHECK')
      expect(image.run(health).status).toBe(4)
      const container = image.start(environment)
      onTestFinished(() => void container.kill('SIGKILL'))
      let text = ''
      for (const stream of [container.stdout, container.stderr]) stream?.on('data', (bytes) => (text += String(bytes)))
      while (!text.includes('listening on'))
        await Promise.race([once(container.stdout!, 'data'), once(container.stderr!, 'data')])
      const url = /listening on (http:\S+)/.exec(text)?.[1] ?? ''
      expect(image.run(health)).toMatchObject({ status: 0, stdout: expect.stringContaining('healthy') as string })

      const ask = (authorization: string) =>
        fetch(`${url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization },
          body: JSON.stringify({ model: 'sim/echo', messages: [{ role: 'user', content: 'Hello' }] }),
        })
      expect((await ask('Bearer wrong')).status).toBe(401)
      expect((await ask(`Bearer ${key}`)).status).toBe(200)
      expect(statSync(`/proc/${container.pid}`).uid).toBe(1000)
      expect(image.run(['/usr/bin/touch', '/opt/ucr/dist/ucr.js', '/etc/passwd']).status).not.toBe(0)

      container.kill('SIGTERM')
      expect(await once(container, 'exit')).toEqual([0, null])
      expect(image.run(health).status).toBe(4)
    },
  )

  it.skipIf(!CAN_BUILD)('starts nothing that others could use without a key', () => {
    const { status, stderr } = image.run(['ucr', 'start'], { UCR_PORT: '0' })
    expect(status).toBe(3)
    expect(stderr).toContain('UCR_HOST')
  })

  it('takes only what the build needs, and no secret', () => {
    for (const path of notIgnored(IGNORE)) expect(existsSync(join(PROJECT, path)), path).toBe(true)
    expect(DOCKERFILE.filter(({ name }) => name === 'ARG')).toEqual([])
    expect(DOCKERFILE.filter(({ name, words }) => name === 'ENV' && /KEY|TOKEN|SECRET/.test(words))).toEqual([])
  })
})

describe('deploy/docker/compose.yaml', () => {
  it.skipIf(!CAN_COMPOSE)(CAN_COMPOSE ? 'is what Compose takes' : 'skipped: there is no docker compose', () => {
    const { status, stderr } = spawnSync(
      'docker',
      ['compose', '-f', join(DOCKER, 'compose.yaml'), 'config', '--quiet'],
      {
        encoding: 'utf8',
        env: { ...process.env, UCR_API_KEY: 'key' },
      },
    )
    expect({ status, stderr }).toMatchObject({ status: 0 })
  })

  it('sets variables that there are, and names files that there are', () => {
    const known = VARIABLES.map(({ name }) => name)
    const named = [...COMPOSE.matchAll(/^ {6}(UCR_\w+):/gm)].map(([, name]) => name)
    expect(named.length).toBeGreaterThan(0)
    for (const name of named) expect(known).toContain(name)
    const [, dockerfile = ''] = /dockerfile: (\S+)/.exec(COMPOSE) ?? []
    expect(existsSync(join(PROJECT, dockerfile))).toBe(true)
    const volume = DOCKERFILE.find(({ name }) => name === 'VOLUME')?.words ?? ''
    expect(COMPOSE).toContain(`'state:${volume}'`)
  })
})
