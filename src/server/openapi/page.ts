import { createHash } from 'node:crypto'
import type { JsonValue } from '../../lib/json.ts'
import type { PlainAnswer } from '../plain-route.ts'
import { curlExample } from './curl-example.ts'
import { fieldsOf, itemsOf, textOf } from './fields.ts'
import type { Fields } from './fields.ts'
import { escaped, prose } from './html.ts'
import { schemaHtml } from './schema-html.ts'
import { STYLE } from './style.ts'

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** Nothing is loaded, run, sent or framed: the page is all that there is. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The document as a page that works without scripts. */
export function docsPage(document: Fields): PlainAnswer {
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
    body: pageHtml(document),
  }
}

interface Operation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly fields: Fields
}

function pageHtml(document: Fields): string {
  const { title, version, summary } = fieldsOf(document['info'])
  const operations = operationsOf(document)
  const chapters = itemsOf(document['tags']).map((tag) => {
    const name = textOf(fieldsOf(tag)['name'])
    return {
      name,
      anchor: anchorOf(name),
      own: operations.filter(({ fields }) => itemsOf(fields['tags']).includes(name)),
    }
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(textOf(title))}</title>
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Contents">
<a class="home" href="#top">ucr</a>
<ul>${chapters.map(({ name, anchor, own }) => `<li><a href="#${anchor}">${escaped(name)} <span>${own.length}</span></a></li>`).join('')}</ul>
</nav>
<main id="top">
<header>
<h1>${escaped(textOf(title))} <small>${escaped(textOf(version))}</small></h1>
<p>${escaped(textOf(summary))}. The same for programs: <a href="/openapi.json">openapi.json</a>.</p>
<p>The examples take where the gateway is, and a key, from the shell:</p>
<pre><code>export UCR_URL=http://127.0.0.1:3000 UCR_KEY=ucr_...</code></pre>
</header>
${chapters.map(({ name, anchor, own }) => chapterHtml(name, anchor, own)).join('\n')}
${headersHtml(document)}
</main>
</body>
</html>
`
}

function operationsOf(document: Fields): readonly Operation[] {
  return Object.entries(fieldsOf(document['paths'])).flatMap(([path, methods]) =>
    Object.entries(fieldsOf(methods)).map(([method, operation]) => {
      const fields = fieldsOf(operation)
      return { id: textOf(fields['operationId']), method: method.toUpperCase(), path, fields }
    }),
  )
}

function anchorOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
}

/** An operation that several protocols share is shown with the first one. */
function chapterHtml(name: string, anchor: string, operations: readonly Operation[]): string {
  const shown = operations.map((operation) =>
    itemsOf(operation.fields['tags'])[0] === name ? operationHtml(operation) : elsewhereHtml(operation),
  )
  return `<section id="${anchor}"><h2>${escaped(name)}</h2>${shown.join('\n')}</section>`
}

function elsewhereHtml({ id, method, path }: Operation): string {
  return `<p>Also <a href="#${escaped(id)}">${escaped(method)} ${escaped(path)}</a></p>`
}

const ACCESS: Readonly<Record<string, string>> = { public: 'no key', key: 'key', admin: 'admin token' }

function operationHtml(operation: Operation): string {
  const { id, method, path, fields } = operation
  const reference = fieldsOf(fields['externalDocs'])['url']
  const access = ACCESS[textOf(fields['x-ucr-access'])] ?? ''
  const parts = [
    fields['description'] === undefined ? '' : `<p>${prose(textOf(fields['description']))}</p>`,
    reference === undefined
      ? ''
      : `<p>In full: <a rel="noreferrer" href="${escaped(textOf(reference))}">${escaped(textOf(reference))}</a></p>`,
    parametersHtml(itemsOf(fields['parameters'])),
    bodyHtml(fields['requestBody']),
    `<h4>Example</h4><pre tabindex="0"><code>${escaped(curlExample(operation))}</code></pre>`,
    `<h4>Answers</h4>${Object.entries(fieldsOf(fields['responses'])).map(answerHtml).join('')}`,
  ]
  return `<details class="operation" id="${escaped(id)}">
<summary><span class="method ${method.toLowerCase()}">${method}</span> <code>${breakable(path)}</code> <span class="words">${prose(textOf(fields['summary']))}</span> <span class="access">${access}</span></summary>
<div>${parts.join('')}<p><a href="#${escaped(id)}">Link to this</a></p></div></details>`
}

function breakable(path: string): string {
  return escaped(path).replaceAll('/', '/<wbr>')
}

function parametersHtml(parameters: readonly JsonValue[]): string {
  if (parameters.length === 0) return ''
  const rows = parameters.map(fieldsOf).map(({ name, in: place, required, description, schema }) => {
    const needed = required === true ? ' <b>required</b>' : ''
    return `<dt><code>${escaped(textOf(name))}</code> <i>${escaped(textOf(place))}</i>${needed}</dt><dd>${prose(textOf(description))} ${schemaHtml(schema)}</dd>`
  })
  return `<h4>Parameters</h4><dl>${rows.join('')}</dl>`
}

function bodyHtml(body: JsonValue | undefined): string {
  if (body === undefined) return ''
  const { required, content } = fieldsOf(body)
  const { schema } = fieldsOf(fieldsOf(content)['application/json'])
  return `<h4>Body${required === true ? '' : ', which may be left out'}</h4>${schemaHtml(schema)}`
}

function answerHtml([status, answer]: readonly [string, JsonValue]): string {
  const { description, content } = fieldsOf(answer)
  const kind = status.startsWith('2') ? 'good' : 'bad'
  const line = `<b class="${kind}">${escaped(status)}</b> ${prose(textOf(description))}`
  const media = Object.entries(fieldsOf(content))
  if (kind === 'bad' || media.length === 0) return `<p>${line}</p>`
  const shown = media.map(([type, entry]) => `<p><i>${escaped(type)}</i></p>${schemaHtml(fieldsOf(entry)['schema'])}`)
  return `<details><summary>${line}</summary>${shown.join('')}</details>`
}

function headersHtml(document: Fields): string {
  const headers = Object.entries(fieldsOf(fieldsOf(document['components'])['headers']))
  const rows = headers.map(
    ([name, header]) =>
      `<dt><code>${escaped(name)}</code></dt><dd>${prose(textOf(fieldsOf(header)['description']))}</dd>`,
  )
  return `<section id="headers"><h2>What answers say about their way</h2><dl>${rows.join('')}</dl></section>`
}
