// The gateway with nothing loaded lazily: what `dist/ucr.js` does, after every part of the program has been loaded.
import { readdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'

const dist = join(import.meta.dirname, '..', 'dist')
// As the program sets itself up: code is kept compiled only for the same settings.
setFlagsFromString('--no-allocation-site-pretenuring')
setFlagsFromString('--semi-space-growth-factor=1')
enableCompileCache(join(process.env['XDG_STATE_HOME'] ?? '', 'ucr', 'compiled'))
const chunks = readdirSync(join(dist, 'chunks')).filter((name) => name.endsWith('.js'))
await Promise.all(chunks.map((name) => import(join(dist, 'chunks', name))))
await import(join(dist, 'ucr.js'))
