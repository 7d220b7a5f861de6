import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HOMES, packageViolations, processViolations } from './package-homes.js';
import { readTree } from './source-file.js';

const tree = readTree(process.cwd(), ['src']);

describe('packages', () => {
  it('are imported in their homes only', () => {
    expect(packageViolations(tree)).toEqual([]);
  });

  it('have a home if and only if they are shipped', () => {
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
      'dependencies' | 'optionalDependencies',
      Record<string, string>
    >;
    expect(Object.keys(HOMES).sort()).toEqual(Object.keys({ ...dependencies, ...optionalDependencies }).sort());
  });

  it.each([
    ['src/planner/x.ts', `import pg from 'pg';`, /outside its home, src\/postgres/],
    ['src/commands/x.ts', `import type { Kysely } from 'kysely';`, /outside its home/],
    ['src/report/x.ts', `import chalk from 'chalk';`, /outside its home/],
    ['src/steps/x.ts', `const { parse } = await import('libpg-query');`, /outside its home/],
    ['src/postgres/x.ts', `const at = import.meta.resolve('yaml/package.json');`, /outside its home/],
    ['src/kernel/x.ts', `import { z } from 'zod';`, /has no home/],
  ])('are refused elsewhere: %s %s', (path, text, rule) => {
    expect(packageViolations([{ path, text }])).toEqual([
      { at: `${path}:1`, rule: expect.stringMatching(rule) as string },
    ]);
  });

  it('are allowed at home, and what Node brings everywhere', () => {
    expect(packageViolations([{ path: 'src/postgres/x.ts', text: `import pg from 'pg';` }])).toEqual([]);
    expect(packageViolations([{ path: 'src/kernel/x.ts', text: `import { createHash } from 'node:crypto';` }])).toEqual(
      [],
    );
  });
});

describe('process and console', () => {
  it('are used in src/cli only', () => {
    expect(processViolations(tree)).toEqual([]);
  });

  it.each([
    `console.log('x');`,
    `process.exit(1);`,
    `process.exitCode = 1;`,
    `const a = process.argv[2];`,
    `process.stdout.write('x');`,
    `process.on('SIGINT', stop);`,
    `const { argv } = process;`,
    `import { argv } from 'node:process';`,
  ])('are refused elsewhere: %s', (text) => {
    expect(processViolations([{ path: 'src/commands/x.ts', text }])).toHaveLength(1);
  });

  it('may be asked for what they only know, and used in src/cli', () => {
    expect(processViolations([{ path: 'src/commands/x.ts', text: `const a = process.env.HOME;` }])).toEqual([]);
    expect(processViolations([{ path: 'src/cli/x.ts', text: `process.exit(1);` }])).toEqual([]);
  });
});
