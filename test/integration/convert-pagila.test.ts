/** Pagila: what cannot be converted is refused when the plan is made, with a reason that is right and a remedy that works. */
import { beforeAll, expect, test } from 'vitest';

import { catalogLines } from '../support/catalog-text.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { planOn, told } from '../support/plan-on-database.js';
import { describeWith, loadSharedData } from '../support/shared-data.js';

/** Customers and what they paid in each partition; what else these rows would refer to is not there. */
const PEOPLE = `SET session_replication_role = replica;
INSERT INTO customer (store_id, first_name, last_name, email, address_id) SELECT 1, 'f', 'l', 'c' || g || '@x', 1 FROM generate_series(1, 50) g;
INSERT INTO payment (customer_id, staff_id, rental_id, amount, payment_date)
  SELECT customer_id, 1, g, g % 9, timestamptz '2022-01-02' + g * interval '1 day' FROM generate_series(1, 200) g JOIN customer ON email = 'c' || 1 + g % 50 || '@x';
RESET session_replication_role`;

// Its virtual columns and uuidv7() need server 18.
describeWith('pagila-schema.sql', 'pagila', () => {
  let found: TestDatabase;
  beforeAll(async () => {
    found = await testDatabase({ major: 18 });
    await loadSharedData(found, 'pagila-schema.sql');
  });

  test('customers are refused: each partition of payment but one says by itself that it refers to them', async () => {
    const catalog = await catalogLines(found);
    const refused = await planFor('customer').plan();
    expect(refused.exit).toBe(3);
    expect(told(refused)).toMatch(
      /LS6604 .*payment_p2022_01.*payment_p2022_06.*references: \[public\.payment\.customer_id\]/,
    );
    expect(told(refused)).not.toMatch(/payment_p2022_07/);
    expect(await catalogLines(found)).toEqual(catalog);
  });

  test('said of all payments they are converted, cut over, and come back as they were', async () => {
    await found.query(PEOPLE);
    const sold = `SELECT json_agg(json_build_array(email, amount, payment_date) ORDER BY email, amount, payment_date)::text FROM payment JOIN customer USING (customer_id)`;
    const before = await found.value(sold);
    expect(before).toMatch(/@/);
    const plan = planFor('customer', ['payment.customer_id']);
    // It is as old as the times when everybody might create in public.
    expect(told(await plan.apply())).toMatch(
      /^exit 5\n[\s\S]*`untrusted_schema`: `PUBLIC`[\s\S]*REVOKE CREATE ON SCHEMA public FROM PUBLIC/,
    );
    await found.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    const catalog = await catalogLines(found);
    expect(told(await plan.apply())).toMatch(/^exit 0/);
    expect(await found.value(sold)).toEqual(before);
    const type = `SELECT pg_typeof(customer_id)::text FROM payment_p2022_03 LIMIT 1`;
    expect(await found.value(type)).toBe('uuid');
    expect(told(await plan.rollback())).toBe('exit 0');
    expect(await found.value(type)).toBe('integer');
    expect(await found.value(sold)).toEqual(before);
    const ours = (lines: readonly string[]): readonly string[] => lines.filter((line) => !/lockstep/.test(line));
    expect(ours(await catalogLines(found))).toEqual(ours(catalog));
  });

  test('rentals are read by a materialized view', async () => {
    expect(told(await planFor('rental', ['payment.rental_id']).plan())).toMatch(/LS6606 .*rental_by_category/);
  });

  const planFor = (table: string, references?: readonly string[]): ReturnType<typeof planOn> =>
    planOn(found.database, {
      name: `pagila-${table}-${references === undefined ? 'alone' : 'said'}`,
      steps: [
        {
          id: 'keys',
          convert_uuid: { table, value: 'random', user_triggers: 'fire', ...(references && { references }) },
        },
        ...(references === undefined ? [] : [{ id: 'flip', cutover: { windows: ['keys'] } }]),
      ],
    });
});
