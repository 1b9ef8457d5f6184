import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { JSON_OUTPUT } from '../shared-options.ts'

export const command = defineCommand({
  name: 'dashboard',
  summary: 'Print the link to the dashboard, which signs in by itself',
  options: { json: JSON_OUTPUT },
  async run({ options, ...surroundings }) {
    const { dashboardLink } = await import('../dashboard-link.ts')
    const { terminal } = surroundings
    const { url, signingIn } = await dashboardLink(surroundings)
    if (options.json) {
      terminal.json({ url, signingIn })
      return EXIT.ok
    }
    terminal.out.line(signingIn ?? url)
    terminal.error.line(terminal.error.paint('dim', signingIn === null ? ASKS : KEEP))
    return EXIT.ok
  },
})

const KEEP = 'Whoever has this link runs the gateway: it holds the admin token.'
const ASKS =
  'It asks for the admin token, whose hash is in "auth.adminToken"; with it in UCR_ADMIN_TOKEN the link signs in.'
