import { readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { UserMachine } from '../support/ucr-process.ts'
import { ClaudeCodeBench, configFor, KEYS, MODEL, programsOf, sessionOf } from './claude-code-bench.ts'
import { obstacle, titled } from './claude-program.ts'
import { answers, latch, openStream, says, startScriptedVendor } from './scripted-vendor.ts'
import type { Step } from './scripted-vendor.ts'

const why = obstacle()
const CALL = answers([{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }], 'tool_use')
const TOOLS = [
  { type: 'function' as const, function: { name: 'look', parameters: { type: 'object', properties: {} } } },
]

/** Answers when it is told to, and says when it is asked. */
function gate(): { readonly step: Step; readonly asked: Promise<void>; open(): void } {
  const asked = latch()
  const opened = latch()
  return {
    asked: asked.passed,
    open: () => opened.pass(),
    step: async (response) => {
      const stream = openStream(response)
      stream.block({ type: 'text', text: 'wait' })
      asked.pass()
      await opened.passed
      stream.finish('end_turn')
    },
  }
}

async function folderWithNote(): Promise<string> {
  const folder = temporaryFolder()
  await writeFile(join(folder, 'note.txt'), 'the blue heron')
  return folder
}

describe.skipIf(why !== null)(titled('processes of Claude Code'), () => {
  let bench: ClaudeCodeBench
  afterEach(() => bench.close())

  const ask = (content: string, tools?: typeof TOOLS) =>
    bench.openai().chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content }],
      ...(tools === undefined ? {} : { tools }),
    })

  it('are no more than the config says: others wait, and more are sent away with 429', async () => {
    bench = await ClaudeCodeBench.start({ processes: 1, queue: 1 })
    const door = gate()
    bench.vendor.script(door.step, says('second'))
    const first = ask('one')
    await door.asked
    const others = [ask('two'), ask('three')]
    const refused = await Promise.race(others.map((other) => other.then(() => null).catch((thrown: unknown) => thrown)))
    expect(refused).toMatchObject({ status: 429, message: expect.stringContaining('1 requests wait') })
    expect((refused as { headers: Headers }).headers.get('retry-after')).toBe('1')
    expect(await bench.programs()).toHaveLength(1)
    door.open()
    expect((await first).choices[0]?.message.content).toBe('wait')
    expect((await Promise.any(others)).choices[0]?.message.content).toBe('second')
    expect(bench.vendor.requests).toHaveLength(2)
  })

  it('are waited for as long as the config says', async () => {
    bench = await ClaudeCodeBench.start({ processes: 1, timeouts: { connect: '200ms' } })
    const door = gate()
    bench.vendor.script(door.step)
    const first = ask('one')
    await door.asked
    expect(await ask('two').catch((thrown: unknown) => thrown)).toMatchObject({
      status: 429,
      message: expect.stringContaining('became free within 200 ms'),
    })
    door.open()
    expect((await first).choices[0]?.message.content).toBe('wait')
    expect(bench.vendor.requests).toHaveLength(1)
  })

  it('make room for a request where they only wait for their clients', async () => {
    bench = await ClaudeCodeBench.start({ processes: 1, queue: 0 })
    bench.vendor.script(CALL, says('other'))
    await ask('one', TOOLS)
    expect((await ask('two')).choices[0]?.message.content).toBe('other')
    expect(bench.vendor.requests).toHaveLength(2)
  })

  it('end with the request of a client that leaves', async () => {
    bench = await ClaudeCodeBench.start()
    const door = gate()
    bench.vendor.script(door.step)
    const leave = new AbortController()
    const left = bench
      .openai()
      .chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'one' }] }, { signal: leave.signal })
      .catch((thrown: unknown) => thrown)
    await door.asked
    const [working] = await bench.programs()
    leave.abort()
    await left
    await vi.waitUntil(async () => !(await bench.programs()).includes(working ?? 0), { timeout: 10_000 })
    door.open()
  })

  it('end when the client of a suspended turn never comes back, without asking the model again', async () => {
    bench = await ClaudeCodeBench.start({ idleTimeout: '1s' })
    bench.vendor.script(CALL, says('never'))
    await ask('one', TOOLS)
    expect((await bench.programs()).length).toBeGreaterThan(0)
    await bench.programsLeft(0)
    expect(bench.vendor.requests).toHaveLength(1)
  })

  it('are started ahead, and then hold nothing of anybody', async () => {
    bench = await ClaudeCodeBench.start()
    bench.vendor.script(says('one'), says('two'))
    await ask('first')
    await vi.waitUntil(async () => (await bench.programs()).length === 2, { timeout: 10_000 })
    const before = await bench.programs()
    await ask('second')
    const [one, two] = bench.vendor.requests
    expect(sessionOf(two)).not.toBe(sessionOf(one))
    expect(JSON.stringify(two?.body)).not.toContain('first')
    expect(before.length).toBe(2)
  })

  it('end with the gateway, and leave no files', async () => {
    bench = await ClaudeCodeBench.start()
    const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('ucr-claude-code-'))
    bench.vendor.script(CALL, says('never'))
    await ask('one', TOOLS)
    const during = folders()
    await bench.gateway.close()
    expect(await bench.programs()).toHaveLength(0)
    expect(folders().length).toBeLessThan(during.length)
    expect(bench.vendor.requests).toHaveLength(1)
  })

  it('report a program that dies', async () => {
    bench = await ClaudeCodeBench.start()
    const door = gate()
    bench.vendor.script(door.step)
    const failed = ask('one').catch((thrown: unknown) => thrown as { status: number })
    await door.asked
    for (const pid of await bench.programs()) process.kill(pid, 'SIGKILL')
    expect(await failed).toMatchObject({ status: 502 })
    const line = await bench.gateway.logged(({ detail }) => String(detail).includes('Claude Code ended with SIGKILL'))
    expect(line).toBeDefined()
    door.open()
  })

  it('report a program that is not there', async () => {
    bench = await ClaudeCodeBench.start({ command: '/nowhere/claude' })
    expect(await ask('one').catch((thrown: unknown) => thrown)).toMatchObject({ status: 502 })
  })

  it('report a folder that is not there', async () => {
    bench = await ClaudeCodeBench.start({ workingFolder: '/nowhere' })
    expect(await ask('one').catch((thrown: unknown) => thrown)).toMatchObject({ status: 502 })
    expect(await bench.gateway.logged(({ detail }) => String(detail).includes('ENOENT'))).toBeDefined()
  })

  it('use tools of their own only where the config allows it', async () => {
    const call = answers(
      [{ type: 'tool_use', id: 'toolu_own', name: 'Bash', input: { command: 'cat note.txt' } }],
      'tool_use',
    )
    const folder = await folderWithNote()
    bench = await ClaudeCodeBench.start({ workingFolder: folder })
    bench.vendor.script(call, says('denied'))
    expect((await ask('Read it')).choices[0]?.message.content).toBe('denied')
    expect(JSON.stringify(bench.vendor.requests[1]?.body['messages'])).toContain('No such tool available')
    expect(JSON.stringify(bench.vendor.requests)).not.toContain('blue heron')

    await bench.restart({ workingFolder: folder, allowedTools: ['Bash(cat:*)'] })
    bench.vendor.script(call, says('It says that.'))
    const answer = await ask('Read it')
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'It says that.' } })
    expect(answer.choices[0]?.message.tool_calls).toBeUndefined()
    expect(answer.usage).toMatchObject({ prompt_tokens: 30, completion_tokens: 40 })
    expect(JSON.stringify(bench.vendor.requests[1]?.body['messages'])).toContain('blue heron')

    bench.vendor.script(call, says('denied'))
    await bench
      .openai()
      .chat.completions.create(
        { model: MODEL, messages: [{ role: 'user', content: 'Read it again' }] },
        { headers: { 'x-claude-disallowed-tools': 'Bash' } },
      )
    expect(JSON.stringify(bench.vendor.requests[1]?.body['messages'])).toContain('No such tool available')
    expect(JSON.stringify(bench.vendor.requests)).not.toContain('blue heron')
  })

  it('use tools of their own only as far as the key of the client may', async () => {
    const folder = await folderWithNote()
    bench = await ClaudeCodeBench.start({
      workingFolder: folder,
      allowedTools: ['Bash'],
      permissionMode: 'acceptEdits',
    })
    const askAs = async (key: string, command: string): Promise<string> => {
      const call = answers([{ type: 'tool_use', id: 'toolu_own', name: 'Bash', input: { command } }], 'tool_use')
      bench.vendor.script(call, says('over'))
      const messages = [{ role: 'user' as const, content: command }]
      const headers = { 'x-claude-permission-mode': 'bypassPermissions' }
      await bench.openai(key).chat.completions.create({ model: MODEL, messages }, { headers })
      return JSON.stringify(bench.vendor.requests[1]?.body['messages'])
    }
    expect(await askAs(KEYS.green, 'cp note.txt green.txt')).toContain('No such tool available')
    await askAs(KEYS.red, 'cp note.txt red.txt')
    expect(await askAs(KEYS.red, 'touch denied.txt')).toContain('denied')
    await askAs(KEYS.red, 'cp note.txt both.txt && touch denied.txt')
    await askAs(KEYS.blue, 'touch blue.txt')
    expect(readdirSync(folder).toSorted()).toEqual(['blue.txt', 'note.txt', 'red.txt'])
  })

  it('run their own tools while they wait for the client to run its own', async () => {
    const folder = await folderWithNote()
    bench = await ClaudeCodeBench.start({ workingFolder: folder, allowedTools: ['Bash(cat:*)'] })
    const both = answers(
      [
        { type: 'tool_use', id: 'toolu_own', name: 'Bash', input: { command: 'cat note.txt' } },
        { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
      ],
      'tool_use',
    )
    bench.vendor.script(both, says('Both.'))
    const first = await ask('Do both', TOOLS)
    const message = first.choices[0]?.message
    expect(message?.tool_calls).toMatchObject([{ id: 'toolu_1' }])
    const second = await bench.openai().chat.completions.create({
      model: MODEL,
      tools: TOOLS,
      messages: [
        { role: 'user', content: 'Do both' },
        { role: 'assistant', content: null, tool_calls: message?.tool_calls ?? [] },
        { role: 'tool', tool_call_id: 'toolu_1', content: 'a red kite' },
      ],
    })
    expect(second.choices[0]?.message.content).toBe('Both.')
    const told = JSON.stringify(bench.vendor.requests[1]?.body['messages'])
    expect(told).toContain('the blue heron')
    expect(told).toContain('a red kite')
    expect(sessionOf(bench.vendor.requests[1])).toBe(sessionOf(bench.vendor.requests[0]))
  })
})

describe.skipIf(why !== null)(titled('a gateway with Claude Code that is killed'), () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('leaves no process behind after %s', async (signal) => {
    const vendor = await startScriptedVendor()
    const machine = await UserMachine.create()
    const door = gate()
    try {
      vendor.script(CALL, door.step)
      await machine.writeConfig({ ...configFor(vendor, {}), server: { port: 0 } })
      const temporary = join(machine.home, 'tmp')
      await mkdir(temporary)
      const running = machine.start(['start'], { environment: { IS_SANDBOX: '1', TMPDIR: temporary } })
      const [, url = ''] = await running.printed(/(http:\/\/127\.0\.0\.1:\d+)/)
      const send = (body: object) =>
        fetch(`${url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${KEYS.blue}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'one' }], ...body }),
        })
      expect((await send({ tools: TOOLS })).status).toBe(200)
      const working = send({}).catch(() => null)
      await door.asked
      expect((await programsOf(machine.home)).length).toBeGreaterThan(1)
      running.kill(signal)
      // A gateway that is asked to end lets the request end; one that is killed cannot, and the model may never answer.
      if (signal === 'SIGTERM') door.open()
      await Promise.all([running.ended, working])
      await vi.waitUntil(async () => (await programsOf(machine.home)).length === 0, { timeout: 20_000, interval: 50 })
      await vi.waitUntil(() => readdirSync(temporary).length === 0, { timeout: 20_000, interval: 50 })
    } finally {
      door.open()
      for (const pid of await programsOf(machine.home)) process.kill(pid, 'SIGKILL')
      await machine.close()
      await vendor.close()
    }
  })
})
