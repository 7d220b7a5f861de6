/** Rows that stand aside, wherever they are told of. */
import { describe, expect, it } from 'vitest';

import type { QuarantinedRow } from '../../../src/executor/journal.js';
import type { RunEvent } from '../../../src/executor/run-event.js';
import { quarantineLines } from '../../../src/render/quarantine-lines.js';
import { stateLine } from '../../../src/render/progress-lines.js';
import { settledLine } from '../../../src/render/progress-screen.js';
import { renderPlan } from '../../../src/render/render-plan.js';
import { renderPlanSql } from '../../../src/render/render-plan-sql.js';
import { renderRun } from '../../../src/render/render-run.js';
import { renderRunStatus } from '../../../src/render/render-status.js';
import { planReport } from '../../../src/report/plan-report.js';
import { beginProgress } from '../../../src/report/run-progress.js';
import { batch, graph, report as runReport, view } from './report-fixtures.js';

function row(id: number, more: Partial<QuarantinedRow> = {}): QuarantinedRow {
  return {
    ...{ number: id, operation: 'fill/fill/credentials', range: 1, key: [String(id)], sqlstate: '22P02', detail: null },
    ...{ table: 'public.users', id: String(id), error: 'invalid input', timestamp: '2026-03-01T12:00:00.000000Z' },
    row: { id, text: 'no number' },
    ...more,
  };
}

const EVENT: RunEvent = {
  ...{ type: 'set aside', operation: 'fill/fill/credentials', step: 'fill', key: ['7', "it's"], reason: 'bad\\n"x"' },
  ...{ standing: 2, quarantine: 100 },
};

describe('rows that stand aside', () => {
  it('are listed with key, error, step and time; the first ones only', () => {
    expect(quarantineLines([], view)).toEqual([]);
    expect(quarantineLines([row(1), row(2, { row: null }), row(3)], view, 2)).toEqual([
      '! 3 rows set aside: not written, and not lost',
      '    fill/fill/credentials   1   invalid input (SQLSTATE 22P02)',
      '      2026-03-01 12:00:00Z   id 1   text no number',
      '    fill/fill/credentials   2   invalid input (SQLSTATE 22P02)',
      '      2026-03-01 12:00:00Z   the row cannot be read',
      '    and 1 more',
    ]);
    expect(
      quarantineLines(
        Array.from({ length: 25 }, (_, index) => row(index)),
        view,
      ),
    ).toHaveLength(1 + 2 * 20 + 1);
  });

  it('cannot write to the terminal', () => {
    const lines = quarantineLines([row(1, { error: 'a\u001b[2J', id: '\u0007' })], view);
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/);
  });

  it('stand at the end of a run and of its status', () => {
    const report = { ...runReport, quarantined: [row(1)] };
    expect(renderRun({ report, graph, outcome: 'done' }, view)).toContain(
      '! 1 row set aside: not written, and not lost\n',
    );
    expect(renderRunStatus(report, [], view)).toContain('! 1 row set aside: not written, and not lost\n');
  });

  it('are told when they are set aside', () => {
    const progress = beginProgress(graph, {});
    expect(stateLine(EVENT, progress, 0)).toBe(
      `00:00:00Z step=fill operation=fill/fill/credentials state=row-set-aside key="7, it's" standing=2/100 reason="bad\\\\n\\"x\\""`,
    );
    expect(settledLine(EVENT, progress, 0, view)).toBe(`! fill › row 7, it's set aside (2 of 100): bad\\n"x"`);
  });

  it('have their budget in the plan', () => {
    const operations = [batch('fill/fill/credentials', 'copy', { quarantine: 1000 })];
    const facts = { digest: 'ls1:0', description: null, server: null, estimates: {} };
    const report = planReport({ ...facts, graph: { ...graph, operations, edges: [] } });
    expect(renderPlan(report, view)).toContain('        up to 1,000 refused rows stand aside\n');
    expect(renderPlanSql(report)).toContain(
      '-- up to 1000 rows that the server refuses stand aside; the rest is written\n',
    );
  });
});
