/** Document order is the meaning: of two steps that touch the same thing the earlier one is first, and nothing else waits. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { PlanReport } from '../../../src/report/plan-report.js';
import { testDatabase } from '../../support/database.js';
import { ON_OLD } from '../../support/majors.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { forgetTables } from '../steps/whole-cycle.js';
import { ORDER_CASES, TABLES } from './order-cases.js';

/** Whether an operation of `second` is reached from one of `first`. */
function waitsFor({ operations }: PlanReport, second: string, first: string): boolean {
  const of = (name: string): readonly string[] =>
    operations.filter(({ id, step }) => (name.includes('/') ? id === name : step === name)).map(({ id }) => id);
  const [from, to] = [of(second), new Set(of(first))];
  if (from.length === 0 || to.size === 0) throw new Error(`no operation of ${second} or ${first}`);
  const seen = new Set<string>();
  const stack = [...from];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const before of operations.find(({ id }) => id === at)!.after) {
      if (to.has(before)) return true;
      if (!seen.has(before)) stack.push(before);
      seen.add(before);
    }
  }
  return false;
}

for (const major of ON_OLD) {
  const found = await testDatabase({ major });
  const { database, query } = found;

  describe(`order on server ${major}`, () => {
    beforeEach(() => query(TABLES));
    afterEach(() => forgetTables(found));

    test.each(ORDER_CASES.map((one, index) => ({ ...one, index })))(
      '$what',
      async ({ tables, schema, steps, mappings, invariants, waits = [], apart = [], index }) => {
        if (tables !== undefined) await query(tables);
        const plan = planOn(database, {
          name: `order-${index}`,
          ...(schema !== undefined && { defaults: { schema } }),
          ...(mappings !== undefined && { mappings }),
          ...(invariants !== undefined && { invariants }),
          steps,
        });
        const { report, ...rest } = await plan.plan();
        expect(
          told({ ...rest, report, diagnostics: rest.diagnostics.filter(({ severity }) => severity === 'error') }),
        ).toBe('exit 0');
        expect(waits.filter(([second, first]) => !waitsFor(report!, second, first))).toEqual([]);
        expect(waits.filter(([second, first]) => waitsFor(report!, first, second))).toEqual([]);
        expect(apart.filter(([one, two]) => waitsFor(report!, one, two) || waitsFor(report!, two, one))).toEqual([]);
        // And it runs.
        if (!steps.some((step) => 'gate' in step)) expect((await plan.apply()).exit).toBe(0);
      },
    );
  });
}
