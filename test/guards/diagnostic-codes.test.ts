import { describe, expect, it } from 'vitest';
import { codeViolations } from './diagnostic-codes.js';
import { readTree } from './source-file.js';

const table = { path: 'src/sql/codes.ts', text: `export const SQL_CODES = { LS0101: { summary: 'a' } };` };
const use = { path: 'src/sql/x.ts', text: `report('LS0101');` };

describe('codes of diagnostics', () => {
  it('are each declared once and used, in this repository', () => {
    expect(codeViolations(readTree(process.cwd(), ['src']))).toEqual([]);
  });

  it.each([
    ['a code in two tables', [table, use, { ...table, path: 'src/graph/codes.ts' }], /already/],
    ['a code twice in one table', [{ ...table, text: `const A = { LS0101: 1, LS0101: 2 };` }, use], /already/],
    ['a code in no table', [use], /in no table/],
    ['a code that nothing reports', [table], /never reported/],
    [
      'a code that is a key elsewhere',
      [table, use, { path: 'src/sql/y.ts', text: `const a = { LS0102: 1 };` }],
      /in no table/,
    ],
  ])('refuse %s', (_, files, rule) => {
    expect(codeViolations(files)).toEqual([
      { at: expect.any(String) as string, rule: expect.stringMatching(rule) as string },
    ]);
  });

  it('allow one table and its use', () => {
    expect(codeViolations([table, use])).toEqual([]);
  });
});
