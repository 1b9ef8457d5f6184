import { launch } from './launch.ts'

await launch('ucr', async () => {
  const [{ runCommandLine }, { COMMANDS }] = await Promise.all([import('./program.ts'), import('./commands/index.ts')])
  return (words, surroundings) => runCommandLine(words, COMMANDS, surroundings)
})
