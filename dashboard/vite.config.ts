import { defineConfig } from 'vite'

/** `npx vite dashboard` serves the page while it is worked on; its data come from a gateway on the usual port. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/dashboard/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    // What `light-dark()` needs.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // Nothing inline: the content security policy forbids it.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
  server: { proxy: { '/admin': 'http://127.0.0.1:3000' } },
})
