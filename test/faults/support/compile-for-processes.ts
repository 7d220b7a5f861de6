/**
 * The sources as one JavaScript file, for processes that a test kills: hundreds of them start, and each would load five
 * hundred modules. Neither `dist` nor a build script: a build that somebody starts meanwhile would take the files away from
 * a running process.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

import { verdictCode } from '../../../src/document/verdict-code.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'lockstep-faults');
const DAY_MS = 86_400_000;
let compiled: Promise<string> | undefined;

/**
 * Folder that holds `src/…` and `test/faults/…`, where the program of a process stands; below `node_modules`, so that packages
 * are found. Made once for all files of the same text, and kept for the next run.
 */
export function compileForProcesses(): Promise<string> {
  return (compiled ??= compile());
}

async function compile(): Promise<string> {
  const folder = join(CACHE, digestOfSources());
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  // A process of another checkout's state may still run from one that is young.
  for (const name of readdirSync(CACHE))
    if (Date.now() - statSync(join(CACHE, name)).mtimeMs > DAY_MS)
      rmSync(join(CACHE, name), { recursive: true, force: true });
  const draft = `${folder}-${process.pid}`;
  const program = await rolldown({
    input: { 'test/faults/support/plan-process': join(ROOT, 'test/faults/support/plan-process.ts') },
    platform: 'node',
    external: /^[^./]/,
    checks: { bundlerTimings: false },
    plugins: [
      {
        name: 'compiled-verdicts',
        load: {
          filter: { id: /[\\/]document[\\/]compiled-verdicts\.ts$/ },
          handler: () => ({ code: verdictCode(), moduleType: 'js' }),
        },
      },
    ],
  });
  await program.write({ dir: draft, format: 'esm', sourcemap: true, entryFileNames: '[name].js' });
  await program.close();
  writeFileSync(join(draft, 'package.json'), '{ "type": "module" }\n');
  try {
    renameSync(draft, folder);
  } catch {
    // The other worker was first.
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

function digestOfSources(): string {
  const digest = createHash('sha256');
  for (const part of ['src', 'test/faults', 'package-lock.json']) {
    const path = join(ROOT, part);
    const files = statSync(path).isFile() ? [''] : readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
    for (const file of files.filter((name) => name === '' || (name.endsWith('.ts') && !name.endsWith('.test.ts'))))
      digest.update(`${part}/${file}\n`).update(readFileSync(join(path, file)));
  }
  return digest.digest('hex').slice(0, 16);
}
