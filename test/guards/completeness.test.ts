import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/checks/registry.js';
import { STEP_KINDS } from '../../src/steps/registry.js';
import { checkViolations, isDescribed, kindViolations } from './completeness.js';
import { readTree, type SourceFile } from './source-file.js';

const schema = { description: 'does something', properties: { a: { description: 'a field' } } };
const page = ['Problem', 'Solution', 'Locks taken', 'Way back', 'Instead of – use']
  .map((title) => `## ${title}\n\nSomething.\n`)
  .join('\n');

const complete: readonly SourceFile[] = [
  { path: 'src/steps/swap/index.ts', text: 'const a = { reversal };' },
  { path: 'docs/steps/swap.md', text: page },
  { path: 'docs/checks.md', text: '| `tidy` | it is tidy |' },
  { path: 'test/fixtures/ok/a.yaml', text: 'steps:\n  - id: a\n    swap: x\n  - verify:\n      - tidy: y\n' },
  { path: 'test/fixtures/err/a.yaml', text: 'steps:\n  - swap: x\n    require:\n      - tidy: 1\n' },
  { path: 'test/integration/steps/swap.test.ts', text: `it('swap', …` },
  { path: 'test/integration/checks/tidy.test.ts', text: `ask('tidy')` },
];

function without(path: string): readonly SourceFile[] {
  return complete.filter((file) => file.path !== path);
}

describe('a step kind', () => {
  it('is complete, each that there is', () => {
    const folders = ['src', 'docs', 'test'].filter(existsSync);
    const files = readTree(process.cwd(), folders);
    expect(
      kindViolations(
        files,
        STEP_KINDS.map((kind) => ({ ...kind, name: kind.kind })),
      ),
    ).toEqual([]);
  });

  it('is complete with all its parts', () => {
    expect(kindViolations(complete, [{ name: 'swap', schema }])).toEqual([]);
  });

  it.each([
    ['docs/steps/swap.md', /a page/],
    ['src/steps/swap/index.ts', /a way back/],
    ['test/fixtures/ok/a.yaml', /fixtures\/ok/],
    ['test/fixtures/err/a.yaml', /fixtures\/err/],
    ['test/integration/steps/swap.test.ts', /an integration test/],
  ])('is not complete without %s', (path, rule) => {
    expect(kindViolations(without(path), [{ name: 'swap', schema }])).toEqual([
      { at: 'step kind swap', rule: expect.stringMatching(rule) as string },
    ]);
  });

  it('is not complete with an empty section in its page', () => {
    const text = page.replace('## Way back\n\nSomething.\n', '## Way back\n\n');
    const files = [...without('docs/steps/swap.md'), { path: 'docs/steps/swap.md', text }];
    expect(kindViolations(files, [{ name: 'swap', schema }])).toHaveLength(1);
  });

  it('is not complete with a field that nobody explains', () => {
    expect(isDescribed({ description: 'does something', properties: { a: {} } })).toBe(false);
    expect(kindViolations(complete, [{ name: 'swap', schema: {} }])).toHaveLength(1);
  });
});

describe('a check', () => {
  it('is complete, each that there is', () => {
    const folders = ['src', 'docs', 'test'].filter(existsSync);
    expect(checkViolations(readTree(process.cwd(), folders), CHECKS)).toEqual([]);
  });

  it('is complete with all its parts', () => {
    expect(checkViolations(complete, [{ name: 'tidy', schema }])).toEqual([]);
  });

  it.each([
    ['docs/checks.md', /docs\/checks.md/],
    ['test/fixtures/ok/a.yaml', /fixtures\/ok/],
    ['test/fixtures/err/a.yaml', /fixtures\/err/],
    ['test/integration/checks/tidy.test.ts', /an integration test/],
  ])('is not complete without %s', (path, rule) => {
    expect(checkViolations(without(path), [{ name: 'tidy', schema }])).toEqual([
      { at: 'check tidy', rule: expect.stringMatching(rule) as string },
    ]);
  });
});
