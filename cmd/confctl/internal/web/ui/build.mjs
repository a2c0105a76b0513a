// Builds the page into a folder, ../dist by default: node build.mjs [FOLDER]
import { build } from 'esbuild'
import { cpSync, mkdirSync } from 'node:fs'

const folder = process.argv[2] ?? '../dist'
mkdirSync(folder, { recursive: true })
await build({
  entryPoints: ['src/app.js', 'src/app.css'],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  outdir: folder,
})
cpSync('src/index.html', `${folder}/index.html`)
