import type { RouteExplanation } from '../exchange/explain.ts'
import { parseJson } from '../lib/json.ts'
import type { Surroundings } from './command.ts'
import { Failure, reasonOf } from './failure.ts'
import { loadForCommand } from './load.ts'
import { openGateway } from './open-gateway.ts'
import { readInput } from './read-input.ts'
import { likelyPath } from './request-path.ts'

export interface ExplainQuestion {
  /** `-` for standard input. */
  readonly file: string
  /** Null: by what the body holds. */
  readonly path: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly config: string | null
}

/** The decision that a gateway with this config would make. Throws `Failure`, GatewayError. */
export async function explainRequest(
  { file, path, headers, config }: ExplainQuestion,
  surroundings: Surroundings,
): Promise<RouteExplanation> {
  const body = await readInput(file)
  const gateway = await openGateway(await loadForCommand(surroundings, config), surroundings)
  try {
    return await gateway.explain({ path: path ?? pathOf(body, file), headers, body })
  } finally {
    await gateway.close()
  }
}

function pathOf(body: Buffer, file: string): string {
  try {
    return likelyPath(parseJson(body.toString('utf8')))
  } catch (error) {
    const source = file === '-' ? 'Standard input' : file
    throw new Failure(`${source} is no request body: ${reasonOf(error)}`, { cause: error })
  }
}
