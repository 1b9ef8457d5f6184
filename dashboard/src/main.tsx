import { render } from 'preact'
import 'uplot/dist/uPlot.min.css'
import './styles/index.css'
import { App } from './app.tsx'
import { Page, PageContext } from './data/page.ts'

const root = document.getElementById('page')
if (root === null) throw new Error('The page has no place for its parts.')
const page = new Page()
render(
  <PageContext.Provider value={page}>
    <App />
  </PageContext.Provider>,
  root,
)
await page.signIn.resume()
