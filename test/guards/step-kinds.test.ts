import { describe, expect, it } from 'vitest';
import { STEP_KINDS } from '../../src/steps/registry.js';
import { readTree } from './source-file.js';
import { stepKindViolations } from './step-kinds.js';

const kinds = STEP_KINDS.map(({ kind }) => kind);

function violations(path: string, text: string): readonly unknown[] {
  return stepKindViolations([{ path, text }], ['backfill', 'verify', 'gate', 'sql']);
}

describe('step kinds', () => {
  it('are known to src/steps only', () => {
    expect(kinds).toContain('backfill');
    expect(stepKindViolations(readTree(process.cwd(), ['src']), kinds)).toEqual([]);
  });

  it.each([
    ['a comparison', 'src/planner/x.ts', `const a = kind === 'backfill';`],
    ['a case', 'src/planner/x.ts', `switch (k) { case 'gate': }`],
    ['a key', 'src/document/x.ts', `const a = 'verify' in raw;`],
    ['a table', 'src/executor/x.ts', `const a = { ['backfill']: 1 };`],
    ['a template without holes', 'src/report/x.ts', 'const a = `backfill`;'],
    ['a step asked in a folder with a gate of its own', 'src/report/x.ts', `const a = step.kind === 'gate';`],
    ['a switch over a step there', 'src/executor/x.ts', `switch (plan.steps[0]!.kind) { case 'gate': }`],
  ])('refuse %s elsewhere', (_, path, text) => {
    expect(violations(path, text)).toHaveLength(1);
  });

  it.each([
    ['in src/steps', 'src/steps/planning.ts', `const a = step.kind === 'backfill';`],
    ['of the operation vocabulary', 'src/executor/x.ts', `switch (operation.kind) { case 'gate': }`],
    ['as the name of a command', 'src/cli/x.ts', `program.command('verify');`],
    ['as a word of a sentence', 'src/report/x.ts', `const a = 'the backfill ended';`],
    ['in a comment', 'src/report/x.ts', `// 'backfill'`],
  ])('allow the word %s', (_, path, text) => {
    expect(violations(path, text)).toEqual([]);
  });
});
