import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LONG, mannersViolations } from './manners.js';
import { readTree } from './source-file.js';

function violations(path: string, text: string): readonly unknown[] {
  return mannersViolations([{ path, text }]);
}

describe('manners', () => {
  it('hold in this repository', () => {
    const folders = ['src', 'test', 'scripts', 'bin', 'bench'].filter(existsSync);
    expect(mannersViolations(readTree(process.cwd(), folders))).toEqual([]);
  });

  const long = 'const a = 1;\n'.repeat(LONG + 1);

  it.each([
    ['a default export', 'src/sql/x.ts', `export default 1;`],
    ['a default function', 'src/sql/x.ts', `export default function a() {}`],
    ['a default by another name', 'src/sql/x.ts', `const a = 1; export { a as default };`],
    ['a barrel', 'src/sql/index.ts', `export * from './a.js';`],
    ['a barrel by hand', 'src/sql/x.ts', `import { a } from './a.js'; export { a };`],
    ['a re-export', 'src/sql/x.ts', `export { a } from './a.js';`],
    ['a name that says nothing', 'src/sql/utils.ts', ``],
    ['such a word in a name', 'src/sql/string-helpers.ts', ``],
    ['such a folder', 'src/common/x.ts', ``],
    ['another spelling', 'src/sql/parseName.ts', ``],
    ['a long file without a reason', 'src/sql/x.ts', `/** Owns everything. */\n${long}`],
    ['a file without a head', 'src/sql/x.ts', 'const a = 1;\n'.repeat(12)],
    ['a hook of a module', 'test/support/x.ts', `afterAll(() => undefined);`],
  ])('refuse %s', (_, path, text) => {
    expect(violations(path, text)).toHaveLength(1);
  });

  it.each([
    ['a long file with a reason', 'src/sql/x.ts', `/** One table. Long, because it is read side by side. */\n${long}`],
    ['a kind’s table of contents', 'src/steps/gate/index.ts', `export { gate } from './gate.js';`],
    ['the public face', 'src/index.ts', `export { apply } from './commands/apply.js';`],
    [
      'a hook that is registered when it is asked for',
      'test/support/x.ts',
      `export const a = () => afterAll(() => undefined);`,
    ],
    ['a hook of a test file', 'test/unit/x.test.ts', `afterAll(() => undefined);`],
    ['the configuration of a tool', 'vitest.config.ts', `export default {};`],
    ['a type of a package, shown by its home', 'src/sql/x.ts', `import type { A } from 'a'; export type { A };`],
    ['an export list of its own things', 'src/sql/x.ts', `const a = 1; export { a };`],
  ])('allow %s', (_, path, text) => {
    expect(violations(path, text).filter((one) => !JSON.stringify(one).includes('kebab'))).toEqual([]);
  });
});
