import { describe, expect, it } from 'vitest';
import { floorViolations, FLOORS } from './floors.js';
import { readTree, type SourceFile } from './source-file.js';

const root = process.cwd();

function file(path: string, text: string): SourceFile {
  return { path, text };
}

describe('floors', () => {
  it('hold in this repository', () => {
    expect(floorViolations(readTree(root, ['src']))).toEqual([]);
  });

  it('name every folder once', () => {
    const folders = FLOORS.flat();
    expect(new Set(folders).size).toBe(folders.length);
  });

  it.each([
    ['an upward import', 'src/kernel/x.ts', `import { a } from '../sql/a.js';`, /lower floors only/],
    ['a type import upwards', 'src/planner/x.ts', `import type { A } from '../executor/a.js';`, /lower floors only/],
    ['an import() upwards', 'src/planner/x.ts', `const a = await import('../postgres/a.js');`, /lower floors only/],
    ['an import type upwards', 'src/planner/x.ts', `type A = import('../postgres/a.js').A;`, /lower floors only/],
    ['a re-export upwards', 'src/graph/x.ts', `export { a } from '../catalog/a.js';`, /lower floors only/],
    ['a neighbour', 'src/sql/x.ts', `import { a } from '../graph/a.js';`, /both on floor 1/],
    ['a folder without a floor', 'src/misc/x.ts', ``, /on no floor/],
    ['a file without a folder', 'src/x.ts', ``, /stands in no folder/],
    ['a way out of src', 'src/sql/x.ts', `import { a } from '../../test/a.js';`, /outside src/],
    ['the public face', 'src/cli/x.ts', `import { a } from '../index.js';`, /public face/],
    [
      'one kind in another',
      'src/steps/gate/x.ts',
      `import { a } from '../sql/a.js';`,
      /reaches into the step kind sql/,
    ],
    ['a kind from above', 'src/planner/x.ts', `import { a } from '../steps/gate/a.js';`, /only src\/steps knows/],
    [
      'one form of window in another',
      'src/windows/inside-tables/x.ts',
      `import { a } from '../between-tables/a.js';`,
      /reaches into the form of window between-tables/,
    ],
    ['a kind from beside', 'src/steps/x.ts', `import { a } from './gate/a.js';`, /only the registry/],
  ])('refuse %s', (_, path, text, rule) => {
    expect(floorViolations([file(path, text)])).toEqual([
      { at: expect.stringContaining(path) as string, rule: expect.stringMatching(rule) as string },
    ]);
  });

  it.each([
    ['the own folder', 'src/sql/x.ts', `import { a } from './a.js';`],
    ['a lower floor', 'src/cli/x.ts', `import { a } from '../kernel/a.js';`],
    ['the registry', 'src/steps/registry.ts', `import { gate } from './gate/index.js';`],
    ['the public face outwards', 'src/index.ts', `export { apply } from './commands/apply.js';`],
  ])('allow %s', (_, path, text) => {
    expect(floorViolations([file(path, text)])).toEqual([]);
  });
});
