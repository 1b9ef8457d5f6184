import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The licences of all packages that a bundle holds code of, which have to be passed on with it.
 *
 * @param {readonly string[]} modules paths of the files in the bundle
 */
export function thirdPartyLicenses(modules) {
  const folders = new Set(modules.map(packageFolder).filter((folder) => folder !== null))
  const sections = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return `${name} ${version} (${license})\n\n${licenseText(folder)}`
  })
  return `This program contains code of the following packages.\n\n${sections.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

/** The folder of the package that a file belongs to; null for our own files and the bundler's. @param {string} path */
function packageFolder(path) {
  if (!path.includes('node_modules')) return null
  let folder = dirname(path)
  // Packages mark folders as ES modules by a nested package.json without a name.
  while (!isPackage(folder)) {
    if (folder === dirname(folder)) return null
    folder = dirname(folder)
  }
  return folder
}

/** @param {string} folder */
function isPackage(folder) {
  const manifest = join(folder, 'package.json')
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version !== undefined
}

/** @param {string} folder */
function licenseText(folder) {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name))
  return file === undefined ? 'The package carries no licence text.' : readFileSync(join(folder, file), 'utf8').trim()
}
