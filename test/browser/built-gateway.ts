import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Admin, tokenIn } from '../support/admin.ts'
import { ask } from '../support/ask.ts'
import type { Answer, Json } from '../support/ask.ts'
import { UserMachine } from '../support/ucr-process.ts'
import type { RunningUcr } from '../support/ucr-process.ts'

/** The program as it is published, as a user starts it, with the simulator as its vendor. */
export class BuiltGateway {
  readonly url: string
  readonly #machine: UserMachine
  #running: RunningUcr

  private constructor(url: string, machine: UserMachine, running: RunningUcr) {
    this.url = url
    this.#machine = machine
    this.#running = running
  }

  /** Ends with the test. `config` is what its file says besides the simulator. */
  static async start(config: Json = {}): Promise<BuiltGateway> {
    const machine = await UserMachine.create()
    onTestFinished(() => machine.close())
    await machine.writeConfig({ server: { port: 0 }, providers: [{ id: 'sim', type: 'simulator' }], ...config })
    const running = machine.start(['start'])
    const [, url = ''] = await running.printed(/listening on (\S+)/)
    return new BuiltGateway(url, machine, running)
  }

  get dashboard(): string {
    return `${this.url}/dashboard`
  }

  get token(): string {
    return tokenIn(join(this.#machine.home, '.local', 'state', 'ucr'))
  }

  get admin(): Admin {
    return new Admin(this.url, this.token)
  }

  /** A request as a client makes it. */
  ask(model: string, more: Json = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return ask(`${this.url}/v1/messages`, {
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...headers },
      body: { model, max_tokens: 100, messages: [{ role: 'user', content: 'Hello there' }], ...more },
    })
  }

  /** Gives what it has printed, its log too. */
  async stop(): Promise<string> {
    this.#running.kill('SIGTERM')
    const { stdout, stderr } = await this.#running.ended
    return stdout + stderr
  }

  /** Starts again at the same address, with another admin token. */
  async startWithOtherToken(): Promise<void> {
    await rm(join(this.#machine.home, '.local', 'state', 'ucr', 'admin.token'))
    this.#running = this.#machine.start(['start', '--port', new URL(this.url).port])
    await this.#running.printed(/listening on/)
  }
}
