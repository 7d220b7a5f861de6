// Compiles src into dist. A script and not a bare `tsc`, because npm runs `prepare` also where the development
// dependencies were left out (npm ci --omit=dev): then a dist that is already there is what will be used.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';

const compiler = 'node_modules/typescript/bin/tsc';
if (existsSync(compiler)) {
  // Beside the old one, which somebody may be running, and which stays when this does not compile.
  const fresh = `dist-${process.pid}`;
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh], {
    stdio: 'inherit',
  });
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    process.exit(status ?? 1);
  }
  rmSync('dist', { recursive: true, force: true });
  renameSync(fresh, 'dist');
  linkBin();
} else if (!existsSync('dist')) {
  console.error('lockstep: no compiler and no dist; install with the development dependencies');
  process.exit(1);
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
