// Compiles the benchmark beside what it measures, and runs it. Arguments are passed on.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

const folder = `dist-bench-${process.pid}`;
const run = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
let status = run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json', '--outDir', folder);
if (status === 0) status = run(`${folder}/bench/main.js`, ...process.argv.slice(2));
rmSync(folder, { recursive: true, force: true });
process.exit(status);
