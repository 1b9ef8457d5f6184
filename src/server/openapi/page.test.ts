import { expect, it } from 'vitest'
import { docsPage } from './page.ts'

const EVIL = `<img src=x onerror="alert('1')">&`

it('docsPage() takes no text for a part of the page', () => {
  const { body } = docsPage({
    info: { title: EVIL, version: EVIL, summary: EVIL },
    tags: [{ name: EVIL }],
    paths: {
      [EVIL]: {
        post: {
          operationId: EVIL,
          tags: [EVIL],
          summary: EVIL,
          description: EVIL,
          externalDocs: { url: EVIL },
          parameters: [
            { in: EVIL, name: EVIL, description: EVIL, schema: { type: EVIL, format: EVIL, default: EVIL } },
          ],
          requestBody: {
            content: {
              'application/json': {
                schema: { type: 'object', properties: { [EVIL]: { enum: [EVIL], description: EVIL } } },
                example: { [EVIL]: EVIL },
              },
            },
          },
          responses: { [`2${EVIL}`]: { description: EVIL, content: { [EVIL]: { schema: { const: EVIL } } } } },
          'x-ucr-access': EVIL,
        },
      },
    },
    components: { headers: { [EVIL]: { description: EVIL } } },
  })
  expect(body).not.toMatch(/<img|"alert/)
  expect(body).toContain('&lt;img src=x')
})
