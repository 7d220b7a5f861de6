import { describe, expect, it } from 'vitest';
import { renderChecks, renderCheckSql, renderVerdict, type CheckLine } from '../../../src/render/render-checks.js';
import { view } from './report-fixtures.js';

const holds: CheckLine = {
  step: 'proof',
  name: 'library tracks',
  severity: 'error',
  answer: { violations: 0, samples: [], figures: { actual: 59, expected: 59 } },
  error: null,
  place: 'plans/orders.yaml:50:9',
};
const orphans: CheckLine = {
  ...holds,
  name: 'no orphans',
  answer: {
    violations: 3,
    samples: [{ id: 51_882_733, customer_id: 90_112, customer_uuid: null, note: '' }],
    figures: null,
  },
  place: 'plans/orders.yaml:52:9',
};
const counted: CheckLine = {
  ...holds,
  name: 'as many',
  answer: { violations: 1, samples: [{ actual: 58, expected: 59 }], figures: { actual: 58, expected: 59 } },
};

describe('checks', () => {
  it('show figures where they hold, and place and rows where they do not', () => {
    const refused = { ...holds, name: 'typed', answer: null, error: 'operator does not exist: text = uuid' };
    const warned = { ...orphans, name: 'old rows', severity: 'warning' } as const;
    expect(renderChecks([{ ...holds, step: '' }, holds, orphans, counted, refused, warned], view))
      .toMatchInlineSnapshot(`
      "✔  library tracks          actual 59, expected 59
      ✔  proof › library tracks  actual 59, expected 59
      ✖  proof › no orphans      3 rows, expected 0                                 plans/orders.yaml:52:9
          id 51882733   customer_id 90112   customer_uuid NULL   note ''
          and 2 more
      ✖  proof › as many         actual 58, expected 59                             plans/orders.yaml:50:9
      ✖  proof › typed           the server refused it: operator does not exist: …  plans/orders.yaml:50:9
      !  proof › old rows        3 rows, expected 0                                 plans/orders.yaml:52:9
          id 51882733   customer_id 90112   customer_uuid NULL   note ''
          and 2 more"
    `);
  });

  it('leave out figures that are zero beside others, but never all of them', () => {
    const figures = (of: Readonly<Record<string, unknown>>): string =>
      renderChecks([{ ...holds, answer: { violations: 0, samples: [], figures: of } }], view).trim();
    expect(figures({ compared: 1000, missing: 0, extra: 0 })).toBe('✔  proof › library tracks  compared 1,000');
    expect(figures({ actual: 0, expected: 59 })).toBe('✔  proof › library tracks  actual 0, expected 59');
    expect(figures({ compared: 0, missing: 0, extra: 0 })).toBe(
      '✔  proof › library tracks  compared 0, missing 0, extra 0',
    );
  });

  it('of a gate are waited for where they do not hold, but not where the server refuses them', () => {
    const awaited = { ...counted, awaited: true };
    const shown = [
      awaited,
      { ...holds, awaited: true },
      { ...orphans, awaited: true, severity: 'warning' } as const,
      { ...holds, awaited: true, answer: null, error: 'division by zero' },
    ];
    const signs = renderChecks(shown, view).split('\n');
    expect(signs.filter((line) => !line.startsWith(' ')).map(([sign]) => sign)).toEqual(['◷', '✔', '!', '✖']);
    expect(renderVerdict([awaited], view)).toBe('◷ 1 check is waited for');
    expect(renderVerdict([holds, awaited, awaited], view)).toBe('✔ 1 check holds, 2 are waited for');
    expect(renderVerdict([orphans, awaited], view)).toBe('✖ 1 of 1 check fails, 1 is waited for');
  });

  it('sum up in one line', () => {
    expect(renderVerdict([holds], view)).toBe('✔ 1 check holds');
    expect(renderVerdict([holds, orphans], view)).toBe('✖ 1 of 2 checks fails');
    expect(renderVerdict([holds, { ...orphans, severity: 'warning' }], view)).toBe('✔ 2 checks hold, 1 warning');
  });

  it('print their SQL under their names', () => {
    expect(renderCheckSql([{ step: 'proof', name: 'no\norphans', sql: 'SELECT 1 -- rows' }])).toBe(
      '-- proof › no orphans\nSELECT 1 -- rows\n;\n',
    );
  });
});
