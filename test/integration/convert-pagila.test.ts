/** Pagila: what cannot be converted is refused when the plan is made, with a reason that is right, and nothing is changed. */
import { beforeAll, expect, test } from 'vitest';

import { catalogLines } from '../support/catalog-text.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { planOn, told } from '../support/plan-on-database.js';
import { describeWith, loadSharedData } from '../support/shared-data.js';

// Its virtual columns and uuidv7() need server 18.
describeWith('pagila-schema.sql', 'pagila', () => {
  let found: TestDatabase;
  beforeAll(async () => {
    found = await testDatabase({ major: 18 });
    await loadSharedData(found, 'pagila-schema.sql');
  });

  test('customers are refused, with all that is in the way', async () => {
    const catalog = await catalogLines(found);
    const refused = await planFor('customer').plan();
    expect(refused.exit).toBe(3);
    expect(refused.diagnostics.map(({ code }) => code)).toContain('LS6604');
    expect(told(refused)).toMatch(/payment/);
    expect(await catalogLines(found)).toEqual(catalog);
  });

  const planFor = (table: string): ReturnType<typeof planOn> =>
    planOn(found.database, {
      name: `pagila-${table}`,
      steps: [{ id: 'keys', convert_uuid: { table, value: 'random', user_triggers: 'fire' } }],
    });
});
