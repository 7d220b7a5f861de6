/** Several windows of keys, what `verify` can ask at each stage, and views that would not fit. */
import { expect, onTestFinished, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { statusCommand } from '../../../src/commands/status.js';
import { testDatabase } from '../../support/database.js';
import { planOn } from '../../support/plan-on-database.js';

const STAFF = `
CREATE TABLE employee (id int PRIMARY KEY, boss int REFERENCES employee, name text);
CREATE TABLE customer (id int PRIMARY KEY, rep int REFERENCES employee, name text);
CREATE TABLE invoice (id int PRIMARY KEY, customer int NOT NULL REFERENCES customer);
INSERT INTO employee SELECT g, nullif(g / 2, 0), 'e' || g FROM generate_series(1, 20) g;
INSERT INTO customer SELECT g, 1 + g % 20, 'c' || g FROM generate_series(1, 40) g;
INSERT INTO invoice SELECT g, 1 + g % 40 FROM generate_series(1, 80) g;
CREATE VIEW served AS SELECT c.id AS customer, e.id AS employee FROM customer c LEFT JOIN employee e ON e.id = c.rep`;
const MEANING = `SELECT json_agg(json_build_array(i.id, c.name, e.name, b.name) ORDER BY i.id)::text FROM invoice i JOIN customer c ON c.id = i.customer LEFT JOIN employee e ON e.id = c.rep LEFT JOIN employee b ON b.id = e.boss`;
const OLD = `(SELECT (1000000 * random())::int + 1000)`;

test('keys one of which refers to another, in one window', async () => {
  const { database, query, value } = await testDatabase({ after: onTestFinished });
  await query(STAFF);
  const before = await value(MEANING);
  const keys = { id: 'keys', convert_uuid: { tables: ['customer', 'employee'], value: 'random', old_value: OLD } };
  const plan = planOn(database, { name: 'keys', steps: [keys, { id: 'flip', cutover: { windows: ['keys'] } }] });
  const { exit, diagnostics } = await plan.apply();
  expect(exit, JSON.stringify(diagnostics)).toBe(EXIT.done);
  expect(await value(MEANING)).toBe(before);
  expect(await plan.rollback()).toMatchObject({ exit: EXIT.done });
  expect(await value(MEANING)).toBe(before);
});

test('windows over the same table, cut over in one commit, come back', async () => {
  const { database, query, value } = await testDatabase({ after: onTestFinished });
  await query(STAFF);
  const before = await value(MEANING);
  const plan = planOn(database, {
    name: 'keys',
    steps: [
      { id: 'staff', convert_uuid: { table: 'employee', value: 'random', old_value: OLD } },
      { id: 'buyers', convert_uuid: { table: 'customer', value: 'random', old_value: OLD } },
      { id: 'flip', cutover: { windows: ['staff', 'buyers'] } },
      { id: 'after', verify: [{ in_sync: ['staff', 'buyers'] }] },
    ],
  });
  const { exit, diagnostics } = await plan.apply();
  expect(exit, JSON.stringify(diagnostics)).toBe(EXIT.done);
  expect(await value(MEANING)).toBe(before);
  const back = await plan.rollback();
  expect(back.exit, JSON.stringify(back.diagnostics)).toBe(EXIT.done);
  expect(await value(MEANING)).toBe(before);
});

test('verify asks what can be asked at each stage', async () => {
  const { database, query } = await testDatabase({ after: onTestFinished });
  await query(STAFF);
  const plan = planOn(database, {
    name: 'keys',
    steps: [
      { id: 'staff', convert_uuid: { table: 'employee', value: 'random', old_value: OLD } },
      { id: 'proof', verify: [{ in_sync: ['staff'] }, { no_nulls: { table: 'employee', columns: ['id_uuid'] } }] },
      { id: 'wait', gate: { approval: 'dba' } },
      { id: 'flip', cutover: { windows: ['staff'] } },
      { id: 'after', verify: [{ in_sync: ['staff'] }, { column_type: { column: 'employee.id', is: 'uuid' } }] },
    ],
  });
  const asked = async (): Promise<readonly string[]> => {
    const { exit, report, diagnostics } = await plan.verify();
    expect(exit, JSON.stringify(diagnostics)).toBe(EXIT.done);
    return report!.checks.filter(({ answer }) => answer !== null).map(({ step }) => step);
  };
  expect(new Set(await asked())).toEqual(new Set());
  await plan.apply();
  expect(new Set(await asked())).toEqual(new Set(['proof', 'flip']));
  const { report } = await statusCommand({ database, run: 'keys' });
  const [window] = report!.run!.windows;
  expect(window).toMatchObject({ state: 'old leads', fill: { rows: 80 } });
  expect(new Set(window!.compared.map(({ differences }) => differences))).toEqual(new Set([0]));
  await plan.approve('wait');
  await plan.apply();
  expect(new Set(await asked())).toEqual(new Set(['after']));
  await plan.rollback();
  expect(new Set(await asked())).toEqual(new Set());
});

test('a key that is a uuid is converted already, and everything behind it holds', async () => {
  const { database, query } = await testDatabase({ after: onTestFinished });
  await query(`CREATE TABLE users (id uuid PRIMARY KEY); CREATE TABLE tags (user_id uuid REFERENCES users)`);
  const plan = planOn(database, {
    name: 'keys',
    steps: [
      { id: 'keys', convert_uuid: { table: 'users', value: 'cast' } },
      { id: 'proof', verify: [{ in_sync: ['keys'] }] },
      { id: 'flip', cutover: { windows: ['keys'] } },
      { id: 'done', close: { windows: ['keys'] } },
    ],
  });
  const { exit, diagnostics } = await plan.apply();
  expect(diagnostics).toMatchObject([{ code: 'LS6608', severity: 'warning' }]);
  expect(exit).toBe(EXIT.done);
});

test('a view that unites the key with an integer is refused before anything changes', async () => {
  const { database, query } = await testDatabase({ after: onTestFinished });
  await query(`${STAFF}; CREATE VIEW everybody AS SELECT id FROM employee UNION ALL SELECT id FROM invoice;
    CREATE VIEW again AS SELECT everybody.id FROM everybody`);
  const plan = planOn(database, {
    name: 'keys',
    steps: [{ id: 'staff', convert_uuid: { table: 'employee', value: 'random', old_value: OLD } }],
  });
  const { exit, diagnostics } = await plan.plan();
  expect(exit).not.toBe(EXIT.done);
  expect(diagnostics.map(({ detail }) => detail).join('\n')).toMatch(/everybody[\s\S]*UNION types/);
});
