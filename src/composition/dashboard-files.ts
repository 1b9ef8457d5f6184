import { fileURLToPath } from 'node:url'
import { PageFiles } from '../server/page-files.ts'

/** From the bundle, from a chunk beside it, and from this file among the sources. */
const PLACES = ['./dashboard', '../dashboard', '../../dist/dashboard']

/** What the build made of `dashboard/`. Nothing is read before somebody asks. */
export function dashboardFiles(): PageFiles {
  return new PageFiles(PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))))
}
