/**
 * The sources as JavaScript in a folder of their own, for processes that a test kills. Neither `dist` nor a build script:
 * a build that somebody starts meanwhile would take the files away from a running process.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll } from 'vitest';

/** Folder that holds `src/…` and `test/faults/…`; below `node_modules`, so that packages are found. Removed after the file. */
export function compileForProcesses(): string {
  const root = resolve(import.meta.dirname, '../../..');
  const folder = join(root, 'node_modules', '.cache', `lockstep-faults-${process.pid}-${Date.now()}`);
  for (const part of ['src', 'test/faults']) {
    for (const file of readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const { outputText } = ts.transpileModule(readFileSync(join(root, part, file), 'utf8'), {
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
      });
      const target = join(folder, part, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, outputText);
    }
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
