// Compiles src into dist. A script and not a bare `tsc`, because npm runs `prepare` also where the development
// dependencies were left out (npm ci --omit=dev): then a dist that is already there is what will be used.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';

const compiler = 'node_modules/typescript/bin/tsc';
if (existsSync(compiler)) {
  rmSync('dist', { recursive: true, force: true });
  process.exit(spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' }).status ?? 1);
}
if (!existsSync('dist')) {
  console.error('lockstep: no compiler and no dist; install with the development dependencies');
  process.exit(1);
}
