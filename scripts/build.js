// Makes dist: the types that tsc writes, and the program and the library as a few bundled files, since to load five hundred
// small ones takes longer than what most commands do. A script and not a bare `tsc`, because npm runs `prepare` also where the
// development dependencies were left out (npm ci --omit=dev): then a dist that is already there is what will be used.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const compiler = 'node_modules/typescript/bin/tsc';
if (existsSync(compiler)) {
  // Beside the old one, which somebody may be running, and which stays when this does not compile.
  const [modules, fresh, old] = ['modules', 'fresh', 'old'].map((part) => `dist-${process.pid}-${part}`);
  try {
    if (compile(modules)) {
      // Its binary is an optional dependency. Without it (npm ci --omit=optional) all works from the modules, and starts slower.
      const bundler = await import('rolldown').catch(() => undefined);
      if (bundler === undefined) renameSync(modules, fresh);
      else {
        await bundle(bundler.rolldown, modules, fresh);
        cpSync(modules, fresh, { recursive: true, filter: (path) => !/\.js(\.map)?$/.test(path) });
      }
      if (existsSync('dist')) renameSync('dist', old);
      renameSync(fresh, 'dist');
      linkBin();
    }
  } finally {
    for (const folder of [modules, fresh, old]) rmSync(folder, { recursive: true, force: true });
  }
} else if (!existsSync('dist')) {
  console.error('lockstep: no compiler and no dist; install with the development dependencies');
  process.exit(1);
}

function compile(folder) {
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', folder];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  return status === 0;
}

/** Packages stay outside. Each chunk is as far below dist as its files are below src: what they look for beside the program is there. */
async function bundle(rolldown, modules, folder) {
  const { verdictCode } = await import(pathToFileURL(resolve(modules, 'document/verdict-code.js')));
  const verdicts = {
    name: 'compiled-verdicts',
    load: (id) =>
      /[\\/]document[\\/]compiled-verdicts\.ts$/.test(id) ? { code: verdictCode(), moduleType: 'js' } : null,
  };
  const program = await rolldown({
    input: { index: 'src/index.ts', 'cli/main': 'src/cli/main.ts' },
    platform: 'node',
    external: /^[^./]/,
    plugins: [verdicts],
  });
  await program.write({
    ...{ dir: folder, format: 'esm', sourcemap: true },
    ...{ entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js' },
  });
  await program.close();
}

// So that `npx lockstep` in the checkout runs this checkout: without a link, npm would first install a copy of it elsewhere.
function linkBin() {
  const link = 'node_modules/.bin/lockstep';
  chmodSync('bin/lockstep.js', 0o755);
  if (process.platform === 'win32') return;
  mkdirSync('node_modules/.bin', { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../../bin/lockstep.js', link);
}
